// How does a test have a devnet as a person has it: `paygress devnet` as a process of its own, and commands that use it?
import { join } from 'node:path'
import { openMintFile } from '../../../src/devnet/mint/mint-file.ts'
import { temporaryFolder } from '../peers/temporary-folder.ts'
import { until } from '../peers/until.ts'
import { type CliOptions, type CliResult, runCli, type RunningCli, startCli } from '../run-cli.ts'

export interface DevnetProcess {
  process: RunningCli
  dir: string
  home: string
  relay: string
  mint: string
  /** Undefined without a provider. */
  providerNpub: string | undefined
  /** PAYGRESS_RELAYS and PAYGRESS_MINT. */
  env: Record<string, string>
  /** Runs a command on this devnet, in its home unless told otherwise. */
  run(args: readonly string[], options?: Partial<CliOptions>): Promise<CliResult>
  start(args: readonly string[], options?: Partial<CliOptions>): RunningCli
  /** What wallets hold by the mint's own books. */
  outstandingSat(): number
  stop(): Promise<CliResult>
}

/** Starts `paygress devnet --dir` and waits for its document. */
export async function startDevnetProcess(
  options: { dir?: string; args?: readonly string[] } = {},
): Promise<DevnetProcess> {
  const dir = options.dir ?? temporaryFolder('devnet')
  const child = startCli(['devnet', '--dir', dir, '-o', 'json', ...(options.args ?? [])], { home: dir })
  await until('the start of the devnet', () => {
    if (child.hasExited()) throw new Error(`the devnet ended: ${child.stdout()}${child.stderr()}`)
    return child.stdout().endsWith('\n')
  })
  const ready: { home: string; relays: string[]; mint: string; provider_npub: string | null } = JSON.parse(
    child.stdout(),
  )
  const relay = ready.relays[0] ?? ''
  const env = { PAYGRESS_RELAYS: relay, PAYGRESS_MINT: ready.mint }
  const forCommand = (more: Partial<CliOptions> = {}): CliOptions => ({
    home: ready.home,
    cwd: dir,
    ...more,
    env: { ...env, ...more.env },
  })
  return {
    process: child,
    dir,
    home: ready.home,
    relay,
    mint: ready.mint,
    providerNpub: ready.provider_npub ?? undefined,
    env,
    run: async (args, more) => runCli(args, forCommand(more)),
    start: (args, more) => startCli(args, forCommand(more)),
    outstandingSat: () => outstandingSat(join(dir, 'mint.db')),
    stop: async () => child.end('SIGTERM'),
  }
}

/** Issued less spent, by the mint's own file. */
function outstandingSat(mintFile: string): number {
  const store = openMintFile(mintFile, { readOnly: true })
  try {
    const { issued, spent } = store.sums('sat')
    return Number(issued - spent)
  } finally {
    store.close()
  }
}

/** All sats of a wallet, by `wallet balance`: spendable, reserved and pending. */
export async function balanceOf(run: DevnetProcess['run'], home?: string): Promise<number> {
  const result = await run(['wallet', 'balance', '-o', 'json'], home === undefined ? {} : { home })
  const document: {
    total_sat: number
    mints: { available_sat: number; reserved_sat: number; pending_sat: number }[]
  } = result.json()
  return document.mints.reduce(
    (sum, mint) => sum + mint.available_sat + mint.reserved_sat + mint.pending_sat,
    0,
  )
}
