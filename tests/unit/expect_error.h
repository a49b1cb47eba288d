// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include "base/result.h"

// Holds an Error against both its code and its whole message. A macro, so that a failure is reported at the
// line of the test. Used inside namespace o2o.
#define EXPECT_ERROR(error, expected_code, expected_message) \
  do {                                                       \
    const Error actual = (error);                            \
    EXPECT_EQ(Name(actual.code), Name(expected_code));       \
    EXPECT_EQ(actual.message, expected_message);             \
  } while (false)
