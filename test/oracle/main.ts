// Is every sat where its owner can reach it? `node test/oracle/main.ts MINT_FILE SIDE=JOURNAL …`: prints the table, exit 1 where a sat is lost or twice.
import { readJournal } from './journal-file.ts'
import { readMintBooks } from './mint-books.ts'
import { reckon, wrongs } from './reckon.ts'
import { reportOf } from './report.ts'

const [mintFile, ...sides] = process.argv.slice(2)
if (mintFile === undefined || sides.length === 0) {
  console.error('usage: node test/oracle/main.ts MINT_FILE SIDE=JOURNAL …')
  process.exitCode = 2
} else {
  const journals = sides.map((argument) => {
    const [side = '', ...path] = argument.split('=')
    return readJournal(side, path.join('='))
  })
  const reckoning = reckon(readMintBooks(mintFile), journals)
  console.log(reportOf(reckoning))
  process.exitCode = wrongs(reckoning).length === 0 ? 0 : 1
}
