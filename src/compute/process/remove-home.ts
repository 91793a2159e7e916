// How is the home of a machine removed, whatever its tenant made of it?
import { chmod, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileErrorCode } from '../../storage/file-error.ts'

/** Removes the home with everything in it; one that is not there is fine. No process of the machine may run any more. */
export async function removeHome(home: string): Promise<void> {
  try {
    await remove(home)
  } catch (error) {
    if (!['EACCES', 'EPERM'].includes(fileErrorCode(error) ?? '')) throw error
    // Package managers write folders that even their owner cannot change.
    await unlock(home)
    await remove(home)
  }
}

async function remove(home: string): Promise<void> {
  await rm(home, { recursive: true, force: true, maxRetries: 5 })
}

async function unlock(folder: string): Promise<void> {
  await chmod(folder, 0o700)
  for (const entry of await readdir(folder, { withFileTypes: true }))
    if (entry.isDirectory()) await unlock(join(folder, entry.name))
}
