# Run by o2o_embed: writes HEADER and SOURCE with the bytes of INPUT as a constant.
file(READ ${INPUT} hex HEX)
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "char(0x\\1)," bytes "${hex}")
file(WRITE ${HEADER} "#pragma once\n#include <string_view>\nnamespace o2o::embedded { extern const std::string_view ${CONSTANT}; }\n")
file(WRITE ${SOURCE} "#include \"embedded/${CONSTANT}.h\"\nnamespace o2o::embedded {\nstatic const char kBytes[] = {${bytes}0};\nconst std::string_view ${CONSTANT}{kBytes, sizeof(kBytes) - 1};\n}\n")
