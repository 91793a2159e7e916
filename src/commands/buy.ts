// paygress buy: rent a machine, and with `-- command` run something in it.
import { type BuyResult, buyPod, resumeBuy } from '../client/buy-pod.ts'
import type { ServedOrder } from '../client/advance-order.ts'
import { openSsh } from '../client/open-ssh.ts'
import { grantedSec } from '../client/order.ts'
import type { Pod } from '../client/ports.ts'
import type { BuyWish, PurchaseView, ResumeWish } from '../client/wish.ts'
import { PaygressError } from '../core/errors.ts'
import { parseOrderId } from '../core/ids.ts'
import { encodeProviderNpub } from '../core/npub.ts'
import { parseProviderName } from '../core/provider-name.ts'
import { parsePodAlias } from '../core/pod-alias.ts'
import { type Answer, fieldLines } from '../terminal/answer.ts'
import { timeText } from '../terminal/words.ts'
import type { WiredClient } from '../wiring/wire-client.ts'
import { type Invocation, readToken } from './invocation.ts'
import { maxRateOf, namesNoExtent, payWish, resumeWish } from './pay-options.ts'
import { paidDocument, sshDocument } from './pod-documents.ts'
import { showInvoice } from './show-invoice.ts'
import { previewAnswer, showPreview } from './show-preview.ts'
import { withClient } from './with-client.ts'

export async function run(invocation: Invocation): Promise<number | undefined> {
  const order = invocation.options.text('order')
  const resumes =
    order !== undefined && invocation.options.text('spec') === undefined && namesNoExtent(invocation.options)
  const wish = resumes ? undefined : await readWish(invocation)
  const login = await withClient(invocation, async (client) => {
    const view = purchaseView(invocation, paysByToken(invocation))
    if (invocation.args.length > 0 && !invocation.options.flag('dryRun')) client.launcher.check()
    const result =
      wish === undefined
        ? await resumeBuy(client, parseOrderId(order ?? ''), resumeOptions(invocation), view)
        : await buyPod(client, wish, view)
    return finish(invocation, client, result)
  })
  return login?.()
}

/** Prints the answer; where a command follows, gives the login that runs it. */
async function finish(
  invocation: Invocation,
  client: WiredClient,
  result: BuyResult,
): Promise<(() => Promise<number>) | undefined> {
  const { terminal, args } = invocation
  if (result.outcome === 'planned') {
    await terminal.answer(previewAnswer(result.preview, paysByToken(invocation)))
    return undefined
  }
  const { order, pod } = result
  terminal.progress.done()
  if (args.length === 0 || terminal.output !== 'table') await terminal.answer(answerOf(order, pod))
  if (args.length === 0) {
    terminal.say(`next: paygress ssh ${pod.alias ?? pod.name}`)
    return undefined
  }
  // stdout carries one document under a machine format: what the command says goes beside it.
  const target = openSsh(client, pod.npub)
  return () =>
    client.launcher.run(target, {
      sshOptions: [],
      command: args,
      tor: false,
      stdoutToStderr: terminal.output !== 'table',
    })
}

/** How a purchase shows itself: preview, and an invoice where the wallet is short. `token`: one that pays is still to be taken in. */
export function purchaseView({ terminal, options, signal }: Invocation, token = false): PurchaseView {
  return {
    signal,
    showPreview: (preview) => {
      if (!options.flag('dryRun')) showPreview(terminal, preview, token)
    },
    showInvoice: (quote) => showInvoice(terminal, quote),
  }
}

function paysByToken({ options }: Invocation): boolean {
  return options.text('token') !== undefined || options.text('tokenFile') !== undefined
}

function resumeOptions({ options }: Invocation): ResumeWish & Pick<BuyWish, 'wait'> {
  return { ...resumeWish(options), maxRate: maxRateOf(options), wait: options.flag('wait') }
}

async function readWish(invocation: Invocation): Promise<BuyWish> {
  const { options } = invocation
  const spec = options.text('spec')
  const alias = options.text('alias')
  const provider = options.text('provider')
  if (spec === undefined) {
    throw new PaygressError('usage', 'it is not said which machine', {
      hint: 'add --spec <id>; paygress offers lists them',
    })
  }
  return {
    ...payWish(options),
    spec,
    maxRate: maxRateOf(options),
    provider: provider === undefined ? undefined : parseProviderName(provider),
    image: options.text('image'),
    user: options.text('user'),
    ...(await secretsOf(invocation)),
    generatePassword: options.flag('generatePassword'),
    sshKeyFile: options.text('sshKey'),
    alias: alias === undefined ? undefined : parsePodAlias(alias),
    wait: options.flag('wait'),
  }
}

/** A password or a token from stdin: there is only one stdin. */
async function secretsOf(invocation: Invocation): Promise<Pick<BuyWish, 'password' | 'token'>> {
  const wantsPassword = invocation.options.flag('passwordStdin')
  if (wantsPassword && invocation.options.text('token') === '-') {
    throw new PaygressError('usage', 'stdin cannot be both the password and the token', {
      hint: 'use --token-file FILE',
    })
  }
  const password = wantsPassword ? (await invocation.readStdin()).replace(/\r?\n$/, '') : undefined
  if (password === '') throw new PaygressError('usage', 'the password on stdin is empty')
  return { password, token: await readToken(invocation) }
}

function answerOf(order: ServedOrder, pod: Pod): Answer {
  const password = order.terms.passwordGenerated ? { password: pod.password ?? null } : {}
  return {
    document: {
      order_id: order.orderId,
      state: order.state,
      pod_npub: pod.npub,
      name: pod.name,
      alias: pod.alias ?? null,
      provider_npub: encodeProviderNpub(pod.provider),
      spec_id: pod.specId,
      ssh: sshDocument(pod),
      ...password,
      expires_at: pod.expiresAt.toISOString(),
      duration_seconds: grantedSec(order),
      paid: paidDocument(order),
    },
    names: [pod.npub],
    human: {
      kind: 'lines',
      lines: fieldLines([
        ['pod', pod.npub],
        ['name', pod.alias === undefined ? pod.name : `${pod.alias} (${pod.name})`],
        ['address', `${pod.user}@${pod.host}:${pod.port}`],
        ['password', order.terms.passwordGenerated ? pod.password : undefined],
        ['end', timeText(pod.expiresAt)],
        ['order', order.orderId],
      ]),
    },
  }
}
