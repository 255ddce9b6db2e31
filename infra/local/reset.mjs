// `npm run reset`: forgets the data of a stopped installation. `npm start -- --reset` does this and starts afresh.
import { removeData } from './remove-data.mjs'
import { say } from './progress.mjs'
import { findRunning } from './run-file.mjs'

if (findRunning() === undefined) {
  removeData()
  say('The data of this installation is removed.')
} else {
  say('Atpar is running here. Stop it first: npm stop')
  process.exitCode = 1
}
