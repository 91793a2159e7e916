// How does a test hold money in a foreign wallet? Nutshell's own `cashu` command, one folder per wallet.
import { join } from 'node:path'
import { peerPath } from './require-peer.ts'
import { runOnce, type RunResult } from './run-once.ts'
import { temporaryFolder } from './temporary-folder.ts'

export interface SendOptions {
  /** 33-byte hex key that alone may spend the token. */
  lockTo?: string
  /** Seconds from now until `refundTo` (without one: anybody) may spend it too; the wallet's default is ten days. */
  locktimeSec?: number
  refundTo?: string
  /** Adds what the receiver pays for the swap, so that it nets the amount; default true. The wallet ignores it in locks. */
  includeFee?: boolean
}

export interface NutshellWallet {
  readonly dir: string
  balance(): Promise<number>
  /** Asks for an invoice without waiting for its payment: `{ id, request }`. */
  invoice(amountSat: number): Promise<{ id: string; request: string }>
  /** Collects the ecash of a paid invoice. */
  claimInvoice(amountSat: number, id: string): Promise<void>
  /** Both steps: the amount is in the wallet. */
  fund(amountSat: number): Promise<void>
  /** A V4 token with DLEQ proofs. */
  send(amountSat: number, options?: SendOptions): Promise<string>
  /** Throws with the wallet's words when the mint refuses. */
  receive(token: string): Promise<void>
  /** Its own P2PK key (33-byte hex), always the same. */
  lockKey(): Promise<string>
  pay(invoice: string): Promise<void>
  /** Any other command, e.g. `run('pending')`. */
  run(...args: readonly string[]): Promise<RunResult>
}

/** A wallet of `mintUrl` that keeps its money in `dir`. */
export function nutshellWallet(mintUrl: string, dir = temporaryFolder('cashu')): NutshellWallet {
  const command = join(peerPath('nutshell'), 'venv', 'bin', 'cashu')
  const env = { TOR: 'FALSE', CASHU_DIR: dir }
  const run = (...args: readonly string[]) =>
    runOnce({ command, args: ['-h', mintUrl, '-y', ...args], cwd: dir, env })
  // Exit code 0 does not mean that it worked: without funds `pay` ends with 0 as well.
  const must = async (...args: readonly string[]) => {
    const result = await run(...args)
    const said = `${result.stdout}${result.stderr}`
    if (result.code !== 0 || /^\s*Error:/m.test(said)) {
      throw new Error(`cashu ${args[0]} failed (exit code ${result.code}): ${said.trim().slice(-1_000)}`)
    }
    return result.stdout
  }
  const wallet: NutshellWallet = {
    dir,
    run,
    balance: async () => Number(find(await must('balance'), /Balance: (\d+) sat/g)),
    // Plain `invoice N` often hangs when the mint pays at once: it waits for a message that came before it listened.
    invoice: async (amountSat) => {
      const said = await must('invoice', `${amountSat}`, '-n')
      return { id: find(said, /--id ([\w-]+)/g), request: find(said, /(ln\w+)/g) }
    },
    claimInvoice: async (amountSat, id) => void (await must('invoice', `${amountSat}`, '--id', id)),
    fund: async (amountSat) => wallet.claimInvoice(amountSat, (await wallet.invoice(amountSat)).id),
    send: async (amountSat, options = {}) =>
      find(await must('send', `${amountSat}`, ...sendFlags(options)), /(cashu[AB]\S+)/g),
    receive: async (token) => void (await must('receive', token)),
    lockKey: async () => find(await must('lock', 'p2pk'), /\b(0[23][0-9a-f]{64})\b/g),
    pay: async (invoice) => void (await must('pay', invoice)),
  }
  return wallet
}

function sendFlags({ lockTo, locktimeSec, refundTo, includeFee = true }: SendOptions): string[] {
  return [
    '--dleq',
    ...(includeFee ? ['--include-fees'] : []),
    ...(lockTo === undefined ? [] : ['--lock', `P2PK:${lockTo}`]),
    ...(locktimeSec === undefined ? [] : ['--timelock', `${locktimeSec}`]),
    ...(refundTo === undefined ? [] : ['--refund', refundTo]),
  ]
}

/** The group of the last match. */
function find(text: string, pattern: RegExp): string {
  const found = [...text.matchAll(pattern)].at(-1)?.[1]
  if (found === undefined) throw new Error(`the wallet did not print ${pattern}: ${text.slice(-1_000)}`)
  return found
}
