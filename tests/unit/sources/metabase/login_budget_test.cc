// SPDX-License-Identifier: Apache-2.0
#include "sources/metabase/login_budget.h"

#include <gtest/gtest.h>

#include <optional>

namespace o2o {
namespace {

using namespace std::chrono_literals;

constexpr MonotonicTime kNow{1'000h};

// An attempt that Metabase counts.
bool Spend(LoginBudget& budget, const std::string& user, bool repeated, MonotonicTime at) {
  auto ticket = budget.Reserve(user, repeated, at);
  if (ticket) ticket->SetCounted(true);
  return ticket.has_value();
}

std::size_t Reserved(LoginBudget& budget, const std::string& user, bool repeated, MonotonicTime at) {
  std::size_t taken = 0;
  while (taken < 100 && Spend(budget, user, repeated, at)) ++taken;
  return taken;
}

TEST(LoginBudgetTest, UserHasFarFewerThanMetabasesTen) {
  LoginBudget budget;
  EXPECT_EQ(Reserved(budget, "u@x", true, kNow), 3u);
  EXPECT_EQ(Reserved(budget, "U@X", false, kNow), 2u)
      << "corrected credentials, whatever the case of the user";
  EXPECT_EQ(Reserved(budget, "v@x", false, kNow), 5u);
}

TEST(LoginBudgetTest, HostHasFarFewerThanMetabasesFifty) {
  LoginBudget budget;
  std::size_t taken = 0;
  for (int user = 0; user < 50; ++user) taken += Reserved(budget, std::to_string(user), false, kNow);
  EXPECT_EQ(taken, 20u);
}

TEST(LoginBudgetTest, RoomComesBackAfterAnHour) {
  LoginBudget budget;
  Reserved(budget, "u", false, kNow);
  EXPECT_EQ(budget.RoomAt("u", false, kNow + 5min), kNow + 61min);
  EXPECT_FALSE(Spend(budget, "u", false, kNow + 60min));
  EXPECT_TRUE(Spend(budget, "u", false, kNow + 61min));
  EXPECT_EQ(budget.RoomAt("u", false, kNow + 61min), kNow + 61min);
}

TEST(LoginBudgetTest, AnAttemptThatIsNotCountedIsGivenBackAtItsEnd) {
  LoginBudget budget;
  for (int i = 0; i < 100; ++i) {
    auto ticket = budget.Reserve("u", false, kNow);
    ASSERT_TRUE(ticket) << i;
    if (i % 2 == 0) continue;
    ticket->SetCounted(true);
    ticket->SetCounted(false);
  }
  std::optional<LoginBudget::Ticket> kept = budget.Reserve("u", false, kNow);
  EXPECT_EQ(Reserved(budget, "u", false, kNow), 4u) << "beside the attempt that is still under way";
}

TEST(LoginBudgetTest, LocksEnd) {
  LoginBudget budget;
  budget.LockUser("u", kNow + 65min);
  EXPECT_FALSE(budget.Reserve("U", false, kNow + 64min));
  EXPECT_TRUE(budget.Reserve("v", false, kNow));
  EXPECT_TRUE(budget.Reserve("u", false, kNow + 65min));
  budget.LockHost(kNow + 200min);
  EXPECT_EQ(budget.RoomAt("w", false, kNow + 66min), kNow + 200min);
}

}  // namespace
}  // namespace o2o
