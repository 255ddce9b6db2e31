/** What a test run may be told from outside. `npm test` sets all of it; a single file run by hand needs none. */
export const testEnvironment = {
  databaseUrl: process.env['TEST_DATABASE_URL'],
  redisUrl: process.env['TEST_REDIS_URL'],
  chromePath: process.env['CHROME_PATH'],
  searchPath: process.env['PATH'] ?? '',
}
