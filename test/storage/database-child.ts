// One of several processes that open the same new file at once; each adds 20 rows numbered by what it read.
import { openDatabase } from '../../src/storage/database.ts'

const path = process.argv[2]
if (path === undefined) throw new Error('no path')
const database = openDatabase(path, {
  applicationId: 0x70677265,
  migrations: [
    { version: 1, up: 'CREATE TABLE note (id INTEGER PRIMARY KEY, msat INTEGER NOT NULL) STRICT' },
  ],
})
for (let round = 0; round < 20; round++) {
  database.transaction((tx) => tx.run('INSERT INTO note (msat) SELECT coalesce(max(msat), 0) + 1 FROM note'))
}
database.close()
