// What does an error of a folder say that is not a person's home? How this one was chosen, and what brings its money back.
import { type Remedies, withRemedies } from '../storage/file-error.ts'

/** A provider's wallet and books: its words are nowhere but in there. */
export const PROVIDER_FOLDER: Remedies = {
  anotherFolder: 'set CASHU_DB_PATH to a file in another folder',
  moneyBack: 'your copy of the data folder brings the money back',
}

/** What a devnet keeps is worth nothing. */
export const DEVNET_FOLDER: Remedies = {
  anotherFolder: 'give another folder: --dir',
  moneyBack: 'a new devnet has new money',
}

/** What `work` returns; its errors say what helps in this folder. */
export async function inFolder<Result>(
  folder: Remedies,
  work: () => Result | Promise<Result>,
): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    throw withRemedies(error, folder)
  }
}
