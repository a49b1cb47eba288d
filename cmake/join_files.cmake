# Run at build time: writes to OUTPUT the files of DIRECTORY that match PATTERN, in the order of their names.
file(GLOB inputs ${DIRECTORY}/${PATTERN})
list(SORT inputs)
set(joined "")
foreach(input ${inputs})
  file(READ ${input} text)
  string(APPEND joined "${text}")
endforeach()
file(WRITE ${OUTPUT} "${joined}")
