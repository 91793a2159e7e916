// paygress provider leases: which machines are rented out, and for how long?
import { listLeases, type LeaseView } from '../../provider/list-leases.ts'
import { type Answer, tableAnswer } from '../../terminal/answer.ts'
import { roughDuration, satText, shortNpub, timeText } from '../../terminal/words.ts'
import { wireBooks } from '../../wiring/wire-books.ts'
import type { Invocation } from '../invocation.ts'
import { configuredProvider } from './provider-options.ts'

const WATCH_MS = 2_000

function addressText({ address }: LeaseView): string {
  return address === undefined ? 'cannot be read' : `${address.host}:${address.port}`
}

const COLUMNS = [
  { key: 'name', title: 'NAME', text: (row: LeaseView) => row.podName },
  { key: 'pod', title: 'POD', text: (row: LeaseView) => shortNpub(row.podNpub) },
  { key: 'spec', title: 'SPEC', text: (row: LeaseView) => row.specId },
  { key: 'state', title: 'STATE', text: (row: LeaseView) => row.state },
  { key: 'left', title: 'LEFT', align: 'right', text: (row: LeaseView) => roughDuration(row.secondsLeft) },
  { key: 'end', title: 'END', text: (row: LeaseView) => timeText(row.expiresAt) },
  { key: 'paid', title: 'PAID', align: 'right', text: (row: LeaseView) => satText(row.paidMsat / 1000n) },
  { key: 'address', title: 'ADDRESS', text: addressText },
  { key: 'owner', title: 'OWNER', onlyOnRequest: true, text: (row: LeaseView) => row.ownerNpub },
  { key: 'npub', title: 'NPUB', onlyOnRequest: true, text: (row: LeaseView) => row.podNpub },
] as const

export async function run(invocation: Invocation): Promise<undefined> {
  const { options, terminal, signal } = invocation
  const books = await wireBooks(await configuredProvider(invocation))
  const answer = () => answerOf(listLeases(books.ledger, books.clock, { all: options.flag('all') }))
  try {
    if (!options.flag('watch')) return await terminal.answer(answer()).then(() => undefined)
    let last = ''
    while (!signal.aborted) {
      const now = answer()
      const states = JSON.stringify(now.names)
      if (states !== last) await terminal.stream(now)
      last = states
      await pause(signal)
    }
  } finally {
    await books.close()
  }
}

/** The daemon is another process: its books are looked at again from time to time. */
function pause(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, WATCH_MS)
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}

function answerOf(leases: readonly LeaseView[]): Answer {
  return {
    document: {
      leases: leases.map((lease) => ({
        pod_npub: lease.podNpub,
        pod_name: lease.podName,
        spec_id: lease.specId,
        state: lease.state,
        owner_npub: lease.ownerNpub,
        host: lease.address?.host ?? null,
        port: lease.address?.port ?? null,
        started_at: lease.startedAt.toISOString(),
        expires_at: lease.expiresAt.toISOString(),
        seconds_left: lease.secondsLeft,
        paid_msat: Number(lease.paidMsat),
      })),
    },
    names: leases.map(({ podNpub }) => podNpub),
    human: tableAnswer(COLUMNS, leases, 'no machine is rented out'),
  }
}
