// How does a test get a real mint? Nutshell with fake Lightning: every invoice is paid at once.
import { join } from 'node:path'
import * as z from 'zod'
import { startChild, type Child } from './child.ts'
import { fakeClock } from './fake-clock.ts'
import { freePort } from './free-port.ts'
import { peerPath } from './require-peer.ts'
import { runOnce } from './run-once.ts'
import { temporaryFolder } from './temporary-folder.ts'

export interface NutshellOptions {
  /** Fee per input in thousandths of a sat; fixed when the mint first makes its keyset. */
  inputFeePpk: number
  port?: number
  /** Absolute folder of its database; the same folder is the same mint. */
  dir?: string
  /** Needed for `rotateKeyset`. */
  rpc?: boolean
  /** Decides the keyset ids together with unit and fee. */
  seed?: string
  /** Offset of its clock, e.g. `+2h` (needs the peer faketime). */
  clockOffset?: string
  /** Further settings, e.g. `{ FAKEWALLET_BRR: 'FALSE' }`. */
  env?: Readonly<Record<string, string>>
}

export interface Nutshell extends AsyncDisposable {
  readonly url: string
  readonly dir: string
  readonly pid: number
  /** Ends it cleanly; `restart` brings it back with the same database and port. */
  stop(): Promise<void>
  /** SIGKILL; the database opens again at the next start. */
  kill(): Promise<void>
  restart(changes?: Omit<NutshellOptions, 'port' | 'dir' | 'inputFeePpk'>): Promise<void>
  pause(): void
  resume(): void
  /** Replaces the active sat keyset while it runs. Without `finalExpiry` (unix seconds) it publishes 0. */
  rotateKeyset(next: { inputFeePpk: number; finalExpiry?: number }): Promise<NutshellKeyset>
  keysets(): Promise<NutshellKeyset[]>
  stderr(): string
}

const keysetSchema = z.object({
  id: z.string(),
  unit: z.string(),
  active: z.boolean(),
  input_fee_ppk: z.number(),
  final_expiry: z.number().nullish(),
})
export type NutshellKeyset = z.infer<typeof keysetSchema>

/** Starts the mint and waits until it answers `/v1/info`. */
export async function startNutshell(options: NutshellOptions): Promise<Nutshell> {
  const bin = join(peerPath('nutshell'), 'venv', 'bin')
  const port = options.port ?? (await freePort())
  const dir = options.dir ?? temporaryFolder('nutshell')
  const url = `http://127.0.0.1:${port}`
  const rpcPort = await freePort()
  let settings = options
  const start = async () =>
    startChild(
      {
        command: join(bin, 'mint'),
        // Node keeps sockets for re-use that the mint would close after 5 s
        args: ['--timeout-keep-alive=120'],
        cwd: dir,
        env: environment(settings, { port, dir, rpcPort }),
      },
      () => answers(`${url}/v1/info`),
    )
  let child: Child = await start()
  const keysets = () => fetchKeysets(url)
  return {
    url,
    dir,
    get pid() {
      return child.pid
    },
    stop: () => child.stop(),
    kill: () => child.kill(),
    restart: async (changes = {}) => {
      await child.stop()
      settings = { ...settings, ...changes }
      child = await start()
    },
    pause: () => child.pause(),
    resume: () => child.resume(),
    rotateKeyset: async ({ inputFeePpk, finalExpiry }) => {
      if (settings.rpc !== true) throw new Error('rotateKeyset needs startNutshell({ rpc: true })')
      const before = new Set((await keysets()).map((keyset) => keyset.id))
      const largestAmountExponent = 64
      const args = [
        'sat',
        inputFeePpk,
        largestAmountExponent,
        ...(finalExpiry === undefined ? [] : [finalExpiry]),
      ]
      const result = await runOnce({
        command: join(bin, 'mint-cli'),
        args: [
          '--host',
          'localhost',
          '--port',
          `${rpcPort}`,
          '--insecure',
          'next-keyset',
          ...args.map(String),
        ],
        cwd: dir,
      })
      const added = (await keysets()).find((keyset) => keyset.active && !before.has(keyset.id))
      if (added === undefined)
        throw new Error(`the mint made no new keyset: ${result.stdout}${result.stderr}`)
      return added
    },
    keysets,
    stderr: () => child.stderr(),
    [Symbol.asyncDispose]: () => child.stop(),
  }
}

function environment(
  options: NutshellOptions,
  { port, dir, rpcPort }: { port: number; dir: string; rpcPort: number },
): Record<string, string> {
  return {
    CASHU_DIR: dir,
    TOR: 'FALSE',
    MINT_LISTEN_HOST: '127.0.0.1',
    MINT_LISTEN_PORT: `${port}`,
    MINT_PRIVATE_KEY: options.seed ?? 'test-seed-1',
    MINT_DATABASE: join(dir, 'mint'),
    MINT_AUTH_DATABASE: join(dir, 'auth'),
    MINT_BACKEND_BOLT11_SAT: 'FakeWallet',
    MINT_INPUT_FEE_PPK: `${options.inputFeePpk}`,
    MINT_RATE_LIMIT: 'FALSE',
    FAKEWALLET_BRR: 'TRUE',
    FAKEWALLET_DELAY_INCOMING_PAYMENT: '0',
    FAKEWALLET_DELAY_OUTGOING_PAYMENT: '0',
    ...(options.rpc === true
      ? {
          MINT_RPC_SERVER_ENABLE: 'TRUE',
          MINT_RPC_SERVER_MUTUAL_TLS: 'FALSE',
          MINT_RPC_SERVER_PORT: `${rpcPort}`,
        }
      : {}),
    ...(options.clockOffset === undefined ? {} : fakeClock(options.clockOffset)),
    ...options.env,
  }
}

async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(url)
    await response.arrayBuffer()
    return response.ok
  } catch {
    return false // nobody listens yet
  }
}

async function fetchKeysets(url: string): Promise<NutshellKeyset[]> {
  const response = await fetch(`${url}/v1/keysets`)
  return z.object({ keysets: z.array(keysetSchema) }).parse(await response.json()).keysets
}
