// How does a test run the machines' image by itself, as an operator would without Kubernetes?
import { mkdirSync, writeFileSync } from 'node:fs'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { FullCluster } from '../peers/full-cluster.ts'
import type { RunResult } from '../peers/run-once.ts'
import { temporaryFolder } from '../peers/temporary-folder.ts'

export interface ImageRun {
  env: Readonly<Record<string, string>>
  /** Name and content, below /run/given in the container; those below `ssh_host_keys/` are mounted at their place. */
  files?: Readonly<Record<string, string>>
  /** Lets programs with a set-user-id bit have their effect. */
  newPrivileges?: boolean
}

export const GIVEN = '/run/given'

export interface ImageContainer extends AsyncDisposable {
  /** Process number of the container's first process, on the machine. */
  pid(): Promise<number>
  kill(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>
  /** Starts it again on the same file system. */
  startAgain(): Promise<void>
}

/** Runs the image to its end. */
export async function runImage(cluster: FullCluster, run: ImageRun): Promise<RunResult> {
  return cluster.ctr('run', '--rm', ...argumentsOf(cluster, run), newName())
}

/** Starts the image in the network of the node. */
export async function startImage(cluster: FullCluster, run: ImageRun): Promise<ImageContainer> {
  const name = newName()
  const ctr = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await cluster.ctr(...args)
    if (code !== 0) throw new Error(`ctr ${args.slice(0, 2).join(' ')}: ${stderr}`)
    return stdout
  }
  await ctr('run', '--detach', '--net-host', ...argumentsOf(cluster, run), name)
  const pid = async (): Promise<number> => {
    const line = (await ctr('tasks', 'ls')).split('\n').find((each) => each.startsWith(name))
    return Number.parseInt(line?.split(/\s+/)[1] ?? '', 10)
  }
  const kill = async (signal: string): Promise<void> => {
    await ctr('tasks', 'kill', '--signal', signal, name)
    // Waits for the end by itself.
    await ctr('tasks', 'rm', '--force', name)
  }
  return {
    pid,
    kill,
    startAgain: async () => void (await ctr('tasks', 'start', '--detach', name)),
    [Symbol.asyncDispose]: async () => {
      await kill('SIGKILL')
      await ctr('containers', 'rm', name)
    },
  }
}

const newName = (): string => `image-${randomBytes(4).toString('hex')}`

function argumentsOf(cluster: FullCluster, { env, files = {}, newPrivileges }: ImageRun): string[] {
  const folder = temporaryFolder('given')
  const keys = join(folder, 'ssh_host_keys')
  mkdirSync(keys)
  for (const [name, content] of Object.entries(files))
    writeFileSync(join(folder, name), content, { mode: 0o400 })
  const mount = (src: string, dst: string): string => `type=bind,src=${src},dst=${dst},options=rbind:ro`
  return [
    ...Object.entries(env).flatMap(([name, value]) => ['--env', `${name}=${value}`]),
    ...['--mount', mount(folder, GIVEN), '--mount', mount(keys, '/config/ssh_host_keys')],
    ...(newPrivileges === true ? ['--allow-new-privs'] : []),
    cluster.image,
  ]
}
