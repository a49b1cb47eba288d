// SPDX-License-Identifier: Apache-2.0
// How batch jobs report, as their role does it.
#include "integration/store/store_fixture.h"

namespace o2o {
namespace {

class BatchJobsTest : public StoreTest {
 protected:
  void SetUp() override {
    RunRolesScript();
    ASSERT_TRUE(PgOrderStore(Config("o2o_owner"), UsualStatuses()).View(At(kNow)));
    RunRolesScript();
  }

  std::string Report(const std::string& arguments) const {
    return Refusal("o2o_batch", "SELECT o2o.report_batch_job(" + arguments + ")");
  }

  std::map<std::string, BatchJob> Reported() const { return Store().View(At(kNow)).value().batch_jobs; }
};

constexpr const char* kInvalid = "22023";

TEST_F(BatchJobsTest, AFailureLeavesTheLastSuccess) {
  ASSERT_EQ(Report("'backup', 12.5, false"), "");
  const BatchJob good = Reported().at("backup");
  ASSERT_TRUE(good.last_success);
  EXPECT_EQ(good.duration_seconds, 12.5);
  EXPECT_FALSE(good.failed);

  ASSERT_EQ(Report("'backup', 3, true"), "");
  const BatchJob failed = Reported().at("backup");
  EXPECT_EQ(failed.last_success, good.last_success);
  EXPECT_EQ(failed.duration_seconds, 3);
  EXPECT_TRUE(failed.failed);

  ASSERT_EQ(Report("'backup', 4, false"), "");
  EXPECT_GT(Reported().at("backup").last_success, good.last_success);
  EXPECT_FALSE(Reported().at("backup").failed);
}

TEST_F(BatchJobsTest, OneThatNeverSucceededHasNoSuccess) {
  ASSERT_EQ(Report("'backup', 3, true"), "");
  EXPECT_EQ(Reported().at("backup").last_success, std::nullopt);
}

TEST_F(BatchJobsTest, RefusesWhatIsNotAName) {
  for (const char* name : {"''", "NULL", "'Backup'", "'1st'", "'_x'", "'a b'", "E'a\\n'", "'a\"} 1'",
                           "'bäckup'", "repeat('a', 64)", "repeat('a', 1000000)"}) {
    EXPECT_EQ(Report(std::string(name) + ", 1, false"), kInvalid) << name;
  }
  EXPECT_EQ(Report("repeat('a', 63), 1, false"), "");
  EXPECT_EQ(Reported().size(), 1u);
}

TEST_F(BatchJobsTest, RefusesWhatIsNotADurationOrAResult) {
  for (const char* seconds : {"-1", "NULL", "'NaN'", "'Infinity'", "'-Infinity'"}) {
    EXPECT_EQ(Report("'backup', " + std::string(seconds) + ", false"), kInvalid) << seconds;
  }
  EXPECT_EQ(Report("'backup', 1, NULL"), kInvalid);
  EXPECT_TRUE(Reported().empty());
}

TEST_F(BatchJobsTest, AHundredJobsAndNoMore) {
  ASSERT_EQ(Refusal("o2o_batch",
                    "SELECT o2o.report_batch_job('job_' || i, 1, false) FROM generate_series(1, 100) i"),
            "");
  EXPECT_EQ(Report("'one_more', 1, false"), "53400");
  EXPECT_EQ(Report("'job_7', 2, true"), "") << "one that is registered may still report";
  EXPECT_EQ(Reported().size(), 100u);
  Sql("INSERT INTO batch_jobs (batch_job) VALUES ('past_the_function')");
  EXPECT_EQ(Reported().size(), 100u) << "the metrics page has its own bound";
  Sql("DELETE FROM batch_jobs WHERE batch_job IN ('job_7', 'past_the_function')");
  EXPECT_EQ(Report("'one_more', 1, false"), "");
}

TEST_F(BatchJobsTest, OnlyTheRoleOfBatchJobsReports) {
  for (const char* role : {"o2o_writer", "o2o_reader"}) {
    EXPECT_EQ(Refusal(role, "SELECT o2o.report_batch_job('backup', 1, false)"), "42501") << role;
    EXPECT_EQ(Refusal(role, "INSERT INTO o2o.batch_jobs (batch_job) VALUES ('backup')"), "42501") << role;
  }
  EXPECT_EQ(Refusal("o2o_batch", "INSERT INTO o2o.batch_jobs (batch_job) VALUES ('backup')"), "42501")
      << "past the bound";
  EXPECT_TRUE(Reported().empty());
}

TEST_F(BatchJobsTest, TheTableItselfRefusesWhatIsNotALabel) {
  EXPECT_EQ(Refusal("o2o_owner", "INSERT INTO o2o.batch_jobs (batch_job) VALUES ('Back up')"), "23514");
}

}  // namespace
}  // namespace o2o
