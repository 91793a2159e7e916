// Keeps what a home holds in folders that are new, and then the power is cut: loaded with the disk that knows what is synced.
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { openDatabase } from '../../../src/storage/database.ts'
import { loadIdentity } from '../../../src/storage/identity-file.ts'
import { openSync, writeFileSync } from '../../sweep/durable-fs.ts'
import { disk } from '../../sweep/durable-disk.ts'

if (disk === undefined) throw new Error('no disk')
disk.settle()
const folder = join(disk.root, 'new', 'data')
loadIdentity(folder, { bytes: (count) => randomBytes(count) })
const first = { version: 1, up: 'CREATE TABLE note (text TEXT NOT NULL) STRICT' }
const second = { version: 2, up: 'CREATE TABLE more (text TEXT NOT NULL) STRICT' }
const path = join(folder, 'paygress.db')
openDatabase(path, { applicationId: 7, migrations: [first] }).close()
const database = openDatabase(path, { applicationId: 7, migrations: [first, second] })
database.transaction((tx) => tx.run("INSERT INTO note (text) VALUES ('committed')"))
// What nobody synced.
writeFileSync(openSync(join(folder, 'careless'), 'w'), 'lost')
disk.cut()
process.kill(process.pid, 'SIGKILL')
