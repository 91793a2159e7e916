// A provider that does exactly what a test says: it holds a real wallet, and answers each request by its script.
import { ecash } from '../../../src/cashu/ecash.ts'
import { encodePodNpub, type PublicKeyHex } from '../../../src/core/npub.ts'
import type { Clock } from '../../../src/core/clock.ts'
import type { MintUrl } from '../../../src/core/mint-url.ts'
import { costSat, secondsFor } from '../../../src/core/pricing.ts'
import { satToMsat } from '../../../src/core/money.ts'
import { parseRequest, type Request } from '../../../src/protocol/request.ts'
import type { Wallet } from '../../../src/wallet/wallet.ts'

export type Script =
  | 'serve'
  | 'serve-twice'
  | 'rubbish-then-serve'
  | 'silent'
  | 'capture-silently'
  | 'serve-untaken'
  | 'take-a-part'
  | 'untouched'
  | 'released'
  | 'bad-signatures'
  | 'refunded'
  | 'spent-refund'
  | 'kept'
  | 'pending'
  | 'no-payment-word'

const RATE = 100

export class ScriptedProvider {
  script: Script = 'serve'
  /** What it was asked, in order. */
  readonly requests: Request[] = []
  quoteAmountSat: number | undefined
  quoteAvailable = true
  stopRefundSat = 10n
  /** Paid requests are answered only after this. */
  hold: Promise<void> | undefined
  /** Where every machine says that its SSH answers; without it each has a port of its own, on which nobody listens. */
  sshPort: number | undefined
  #pods = 0
  readonly #ends = new Map<string, number>()

  readonly publicKey: PublicKeyHex
  readonly wallet: Wallet
  readonly mint: MintUrl
  readonly clock: Clock

  constructor(parts: { publicKey: PublicKeyHex; wallet: Wallet; mint: MintUrl; clock: Clock }) {
    this.publicKey = parts.publicKey
    this.wallet = parts.wallet
    this.mint = parts.mint
    this.clock = parts.clock
  }

  async answer(content: string): Promise<string[]> {
    const parsed = parseRequest(content)
    if (!parsed.ok) throw new Error(`the client sent no request: ${parsed.problem}`)
    this.requests.push(parsed.request)
    const answers = await this.#answers(parsed.request)
    return answers.map((answer) => (typeof answer === 'string' ? answer : JSON.stringify(answer)))
  }

  async #answers(request: Request): Promise<(string | object)[]> {
    switch (request.type) {
      case 'quote':
        return [this.#quote(request.message.duration_seconds)]
      case 'status': {
        const npub = request.message.pod_npub ?? ''
        const end = this.#ends.get(npub) ?? 0
        const left = Math.max(0, Math.floor((end - this.clock.now()) / 1000))
        return [
          {
            pod_npub: npub,
            state: 'running',
            expires_at: new Date(end).toISOString(),
            seconds_left: left,
            pod_spec_name: 'Basic',
          },
        ]
      }
      case 'stop':
        return this.#stop(request.message)
      case 'spawn':
      case 'topup':
        return this.#paid(request)
    }
  }

  #quote(durationSec: number): object {
    return {
      quote_id: `q${this.requests.length}`,
      available: this.quoteAvailable,
      amount_sat: this.quoteAmountSat ?? Number(costSat(durationSec, RATE)),
      fee_ppk: 0,
      mint: this.mint,
      payment: { pubkey: this.wallet.paymentKey().pubkey, minimum_lock_seconds: 900 },
      valid_until: Math.floor(this.clock.now() / 1000) + 60,
    }
  }

  async #stop(stop: { pod_npub: string; order_id: string; refund_pubkey?: string | undefined }) {
    if (this.script === 'silent') return []
    if (this.script === 'untouched')
      return [{ error_type: 'not_allowed', message: 'Not your pod', order_id: stop.order_id }]
    const base = { pod_npub: stop.pod_npub, state: 'stopped', used_seconds: 60, order_id: stop.order_id }
    if (this.stopRefundSat === 0n) return [{ ...base, refunded_msat: 0 }]
    const token = await this.#refundToken(this.stopRefundSat, stop.refund_pubkey)
    return [{ ...base, refunded_msat: Number(this.stopRefundSat) * 1000, refund_token: token }]
  }

  async #refundToken(sat: bigint, lockTo: string | undefined): Promise<string> {
    const outcome = await this.wallet.refund(this.mint, sat, { lockTo })
    if (outcome.status !== 'done' || outcome.token === undefined) throw new Error('no refund')
    return outcome.token
  }

  async #paid(request: Request & { type: 'spawn' | 'topup' }): Promise<(string | object)[]> {
    await this.hold
    const { cashu_token: token, order_id, refund_pubkey } = request.message
    const refuse = (payment: object | undefined) => [
      {
        error_type: 'resource_unavailable',
        message: 'No room',
        order_id,
        ...(payment === undefined ? {} : { payment }),
      },
    ]
    switch (this.script) {
      case 'silent':
        return []
      case 'no-payment-word':
        return refuse(undefined)
      case 'untouched':
        return refuse({ status: 'untouched' })
      case 'kept':
        await this.#capture(token)
        return refuse({ status: 'kept', reason: 'below 1 sat' })
      case 'pending':
        return refuse({ status: 'pending' })
      case 'released': {
        const result = this.wallet.release(await this.wallet.inspect(token, [this.mint]), {})
        if (result.status !== 'done') throw new Error('not released')
        return refuse({ status: 'released', signatures: result.signatures })
      }
      case 'bad-signatures':
        return refuse({ status: 'released', signatures: ['ab'.repeat(64)] })
      case 'refunded': {
        const sat = await this.#capture(token)
        const refund = await this.#refundToken(sat, refund_pubkey)
        return refuse({ status: 'refunded', refund_token: refund, amount_msat: Number(sat) * 1000 })
      }
      case 'spent-refund': {
        const refund = await this.#refundToken(await this.#capture(token), undefined)
        await this.wallet.receive(refund, {})
        return refuse({ status: 'refunded', refund_token: refund, amount_msat: 1000 })
      }
      case 'capture-silently':
        await this.#capture(token)
        return []
      case 'take-a-part':
        await this.#capture(await this.#firstProofOf(token))
        return []
      case 'serve-untaken':
        return [
          await this.#serve(request, async () => (await this.wallet.inspect(token, [this.mint])).netSat),
        ]
      case 'serve':
        return [await this.#serve(request)]
      case 'serve-twice': {
        const answer = await this.#serve(request)
        return [answer, answer, { error_type: 'internal_error', message: 'and now the contrary', order_id }]
      }
      case 'rubbish-then-serve':
        return [
          'rubbish',
          '{"pod_npub":1}',
          { error_type: 'internal_error', message: 'of another order', order_id: 'another-order' },
          await this.#serve(request),
        ]
    }
  }

  async #capture(token: string): Promise<bigint> {
    const inspected = await this.wallet.inspect(token, [this.mint])
    const outcome = await this.wallet.capture(inspected, {
      captureBefore: Math.floor(this.clock.now() / 1000) + 300,
      lockEndsAt: inspected.lock.kind === 'ours' ? inspected.lock.locktime : undefined,
    })
    if (outcome.status !== 'done') throw new Error(`not captured: ${JSON.stringify(outcome)}`)
    return outcome.amountSat
  }

  /** A token of the first proof alone. */
  async #firstProofOf(token: string): Promise<string> {
    const { keysets } = (await (await fetch(`${this.mint}/v1/keysets`)).json()) as {
      keysets: { id: string }[]
    }
    const { proofs } = ecash.decodeToken(
      token,
      keysets.map(({ id }) => id),
    )
    return ecash.encodeToken({ mint: this.mint, unit: 'sat', proofs: proofs.slice(0, 1) })
  }

  async #serve(
    request: Request & { type: 'spawn' | 'topup' },
    take = async (): Promise<bigint> => this.#capture(request.message.cashu_token),
  ): Promise<object> {
    const seconds = secondsFor(satToMsat(await take()), RATE)
    const { order_id } = request.message
    if (request.type === 'topup') {
      const npub = request.message.pod_npub ?? ''
      const end = (this.#ends.get(npub) ?? 0) + seconds * 1000
      this.#ends.set(npub, end)
      return {
        success: true,
        pod_npub: npub,
        extended_duration_seconds: seconds,
        new_expires_at: new Date(end).toISOString(),
        message: 'Extended',
        order_id,
      }
    }
    this.#pods += 1
    const npub = encodePodNpub(this.#pods.toString(16).padStart(64, 'c') as PublicKeyHex)
    const end = this.clock.now() + seconds * 1000
    this.#ends.set(npub, end)
    return {
      pod_npub: npub,
      node_port: this.sshPort ?? 30_000 + this.#pods,
      expires_at: new Date(end).toISOString(),
      cpu_millicores: 1000,
      memory_mb: 1024,
      pod_spec_name: 'Basic',
      pod_spec_description: 'A machine',
      instructions: ['ssh paygress@127.0.0.1 -p 30001'],
      order_id,
      ssh_host: '127.0.0.1',
      ssh_username: 'paygress',
      ssh_host_key: 'ssh-ed25519 AAAA',
      duration_seconds: seconds,
    }
  }
}
