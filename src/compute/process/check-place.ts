// Is this computer fit for process pods, and which place is it?
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { ComputeCheck } from '../../provider/compute-port.ts'
import { readPrivateFile, writePrivateFile } from '../../storage/private-files.ts'

/** What `check` answers; the place gets an id at the first call. */
export function checkPlace(dir: string, scriptPath: string | undefined): ComputeCheck {
  const idPath = join(dir, 'place-id')
  const known = readPrivateFile(idPath)?.content.trim()
  const clusterId = known === undefined || known === '' ? randomBytes(16).toString('hex') : known
  if (clusterId !== known) writePrivateFile(idPath, `${clusterId}\n`)
  const findings: ComputeCheck['findings'] = [
    { level: 'warn', what: 'machines are processes of this computer, without isolation, on loopback only' },
    scriptPath === undefined
      ? {
          level: 'warn',
          what: 'machines have no terminals',
          fix: 'install util-linux, which has the script program',
        }
      : { level: 'ok', what: `machines have terminals, made by ${scriptPath}` },
  ]
  return { ok: true, findings, clusterId }
}
