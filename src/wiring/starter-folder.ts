// How are the first files of a provider written? Privately: keys may be added to them.
import { writePrivateFile } from '../storage/private-files.ts'

/** Writes a file of mode 0600, and its folder where there is none. Throws `home_not_writable` or `storage_failed`. */
export function writeStarterFile(path: string, text: string): void {
  writePrivateFile(path, text)
}
