// What happens in the demo? offers → fund → buy → ssh → topup → status → stop → balance, each a use case that users call.
import { buyPod } from '../client/buy-pod.ts'
import { gatherOffers } from '../client/find-offers.ts'
import { fundWallet } from '../client/fund-wallet.ts'
import { openSsh } from '../client/open-ssh.ts'
import { podStatus } from '../client/pod-status.ts'
import type { Pod } from '../client/ports.ts'
import { stopPod } from '../client/stop-pod.ts'
import { topupPod } from '../client/topup-pod.ts'
import { PaygressError } from '../core/errors.ts'
import { parseMintUrl } from '../core/mint-url.ts'
import { parseRelayUrl } from '../core/relay-url.ts'
import { roughDuration, satText, timeText } from '../terminal/words.ts'
import type { Wallet } from '../wallet/wallet.ts'
import type { Devnet } from '../wiring/wire-devnet.ts'
import { wireClient, type WiredClient } from '../wiring/wire-client.ts'
import type { Invocation } from './invocation.ts'

export interface StoryStep {
  name: string
  seconds: number
  text: string
}

export interface Story {
  devnet: Devnet
  invocation: Invocation
  tell(step: StoryStep): void
}

const FUND_SAT = 1_000n
const SILENT = { step: () => undefined, note: () => undefined, done: () => undefined }
const TERMS = { lock: true, yes: true, dryRun: false }

/** Plays all steps; throws where one does not come out as it must. */
export async function playStory({ devnet, invocation, tell }: Story): Promise<void> {
  const { signal, terminal, env } = invocation
  const step = async <Result>(
    name: string,
    play: () => Promise<{ text: string; result: Result }>,
  ): Promise<Result> => {
    const startedAt = performance.now()
    terminal.progress.step(name)
    const { text, result } = await play()
    tell({ name, seconds: Math.round(performance.now() - startedAt) / 1000, text })
    return result
  }
  const client = await wireClient({
    env: { ...env, PAYGRESS_HOME: devnet.home },
    profile: undefined,
    relays: [parseRelayUrl(devnet.relayUrl)],
    mint: parseMintUrl(devnet.mintUrl),
    timeoutMs: 30_000,
    progress: SILENT,
    ask: terminal.ask,
    signal,
  })
  try {
    await step('offers', () => offers(client, signal))
    await step('fund', () => fund(client, signal))
    const pod = await step('buy', () => buy(client, signal))
    await step('ssh', () => enter(client, pod))
    await step('topup', () => topup(client, pod, signal))
    await step('status', () => status(client, pod, signal))
    await step('stop', () => stop(client, pod, signal))
    await step('balance', () => balance(client, devnet))
  } finally {
    await client.close()
  }
}

type Played<Result = undefined> = Promise<{ text: string; result: Result }>

async function offers(client: WiredClient, signal: AbortSignal): Played {
  const { rows } = await gatherOffers(client, { signal })
  if (rows.length === 0) throw failed('the provider has no offer on the relay')
  const list = rows.map(({ spec, satsPerHour }) => `${spec.id} ${satsPerHour} sat/h`)
  return { text: list.join(', '), result: undefined }
}

async function fund(client: WiredClient, signal: AbortSignal): Played {
  const mint = client.settings.mint
  const { receivedSat } = await fundWallet(client, {
    amountSat: FUND_SAT,
    mint,
    show: () => undefined,
    signal,
  })
  return {
    text: `${satText(receivedSat)} by a Lightning invoice of a mint that pays itself`,
    result: undefined,
  }
}

async function buy(client: WiredClient, signal: AbortSignal): Played<Pod> {
  const wish = {
    ...TERMS,
    spec: 'basic',
    extent: { durationSec: 120 },
    mint: client.settings.mint,
    wait: true,
  }
  const bought = await buyPod(client, wish, { signal })
  if (bought.outcome !== 'served') throw failed('the purchase was only planned')
  const { pod } = bought
  return { text: `${pod.name} until ${timeText(pod.expiresAt)}, SSH answers`, result: pod }
}

async function enter(client: WiredClient, pod: Pod): Played {
  const command = ['test "$(id -un 2>/dev/null || whoami)" && echo hello > here && cat here >&2']
  const target = openSsh(client, pod.npub)
  const code = await client.launcher.run(target, {
    sshOptions: ['-q'],
    command,
    tor: false,
    stdoutToStderr: true,
  })
  if (code !== 0) throw failed(`ssh ended with ${code}`)
  return { text: 'a command over the system’s ssh, host key pinned from the reply', result: undefined }
}

async function topup(client: WiredClient, pod: Pod, signal: AbortSignal): Played {
  const wish = { ...TERMS, pod: pod.npub, extent: { durationSec: 60 }, mint: client.settings.mint }
  const done = await topupPod(client, wish, { signal })
  if (done.outcome !== 'served') throw failed('the top-up was only planned')
  if (done.pod.expiresAt.getTime() - pod.expiresAt.getTime() < 60_000) throw failed('the end did not move')
  return { text: `one minute more, until ${timeText(done.pod.expiresAt)}`, result: undefined }
}

async function status(client: WiredClient, pod: Pod, signal: AbortSignal): Played {
  const view = await podStatus(client, pod.npub, { signal })
  if (view.pod.state !== 'running') throw failed(`the pod is ${view.pod.state}`)
  return { text: `${view.pod.state}, ${roughDuration(view.secondsLeft)} left`, result: undefined }
}

async function stop(client: WiredClient, pod: Pod, signal: AbortSignal): Played {
  const { usedSec, refundedSat } = await stopPod(client, pod.npub, { signal })
  return { text: `after ${roughDuration(usedSec)}; ${satText(refundedSat)} came back`, result: undefined }
}

/** What the mint issued and nobody spent is what both sides have: no sat is anywhere else. */
async function balance(client: WiredClient, devnet: Devnet): Played {
  const [mine, theirs] = [
    total(client.wallet),
    devnet.provider === undefined ? 0n : total(devnet.provider.wallet),
  ]
  const { outstanding } = devnet.mint.stats()
  if (mine + theirs !== outstanding) {
    throw failed(
      `${satText(mine)} here and ${satText(theirs)} there are not the ${satText(outstanding)} of the mint`,
    )
  }
  const fees = FUND_SAT - outstanding
  return {
    text: `you ${satText(mine)} + provider ${satText(theirs)} + mint's fees ${satText(fees)} = ${satText(FUND_SAT)}`,
    result: undefined,
  }
}

function total(wallet: Wallet): bigint {
  return wallet.balances().reduce((sum, { availableSat }) => sum + availableSat, 0n)
}

function failed(what: string): PaygressError {
  return new PaygressError('failed', `the demo failed: ${what}`, {
    hint: 'paygress demo --verbose shows the log',
  })
}
