// How does a node run one pod of ours? As the process back end's SSH server, on the port of the lease's Service.
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { createPod, type Pod } from '../../../src/compute/process/pod.ts'
import { listenOnPort } from '../../../src/compute/process/port-listener.ts'
import { findScript } from '../../../src/compute/process/script-path.ts'
import { isLeaseId } from '../../../src/core/ids.ts'
import { quietLog } from '../quiet-log.ts'
import { NODE_HOST } from './node-host.ts'
import type { SshAccess } from './pod-spec.ts'

export interface PodRun {
  /** The SSH server ends; its processes with it, its home stays. */
  stop(): void
  /** It runs again in place. */
  serve(): Promise<void>
  /** Everything goes. */
  destroy(): Promise<void>
}

/** Takes the port and answers SSH. */
export async function runPod(
  lease: string,
  port: number,
  access: SshAccess,
  folder: string,
): Promise<PodRun> {
  if (!isLeaseId(lease)) throw new Error(`${lease} is no lease`)
  const scriptPath = await findScript()
  let pod: Pod
  const serve = async (): Promise<void> => {
    const listener = await listenSoon(port)
    pod = createPod({
      access: { ...access, leaseId: lease, port },
      listener,
      home: join(folder, lease),
      ...(scriptPath === undefined ? {} : { scriptPath }),
      log: quietLog(),
    })
    pod.serve()
  }
  await serve()
  return { serve, stop: () => pod.close(), destroy: async () => pod.destroy() }
}

// The pod before this one may still be letting go of the port.
async function listenSoon(port: number): ReturnType<typeof listenOnPort> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await listenOnPort(NODE_HOST, port)
    } catch (error) {
      if (attempt === 100) throw error
      await pause(20)
    }
  }
}
