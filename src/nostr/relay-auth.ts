// Has this connection proved who we are (NIP-42)?
//
//   none ──challenge──▶ answering ──OK true──▶ accepted      (a new challenge is answered at once, from any state)
//                           └──OK false, time-out──▶ refused
import type { Clock } from '../core/clock.ts'
import { unixSeconds } from '../core/clock.ts'
import type { Signer } from './signer.ts'
import type { NostrEvent } from './verify-event.ts'

export type AuthState = 'none' | 'answering' | 'accepted' | 'refused'

export interface AuthOptions {
  url: string
  signer: Signer | undefined
  clock: Clock
  answerMs: number
  send(event: NostrEvent): void
  /** Accepted or refused: whatever waited can go on. */
  onSettled(accepted: boolean): void
}

const AUTH_KIND = 22242
// Each answer costs a signature, and a relay may ask as often as it likes.
const MOST_ANSWERS = 5

export class RelayAuth {
  state: AuthState = 'none'
  readonly #options: AuthOptions
  #answerId: string | undefined
  #challenge: string | undefined
  #answers = 0
  #round = 0
  #timer: NodeJS.Timeout | undefined

  constructor(options: AuthOptions) {
    this.#options = options
  }

  get possible(): boolean {
    return this.#options.signer !== undefined
  }

  /** Answers a challenge of the relay at once. */
  answer(challenge: string): void {
    const { signer, url, clock, answerMs } = this.#options
    if (signer === undefined || this.#answers >= MOST_ANSWERS) return
    // Relays repeat the challenge with each refusal; one answer to it is enough.
    const repeated = challenge === this.#challenge && this.state !== 'refused'
    if (repeated) return
    this.#challenge = challenge
    this.#answers += 1
    const round = ++this.#round
    this.state = 'answering'
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#settle(round, false), answerMs)
    const tags = [
      ['relay', url],
      ['challenge', challenge],
    ]
    signer.sign({ kind: AUTH_KIND, created_at: unixSeconds(clock), tags, content: '' }).then(
      (event) => {
        if (round !== this.#round) return
        this.#answerId = event.id
        this.#options.send(event)
      },
      () => this.#settle(round, false),
    )
  }

  /** True where this OK was for our answer. */
  takeOk(eventId: string, accepted: boolean): boolean {
    if (eventId !== this.#answerId) return false
    this.#settle(this.#round, accepted)
    return true
  }

  /** A new connection knows nothing of the last one. */
  reset(): void {
    clearTimeout(this.#timer)
    this.#round += 1
    this.#answers = 0
    this.#challenge = undefined
    this.#answerId = undefined
    this.state = 'none'
  }

  #settle(round: number, accepted: boolean): void {
    if (round !== this.#round || this.state !== 'answering') return
    clearTimeout(this.#timer)
    this.#answerId = undefined
    this.state = accepted ? 'accepted' : 'refused'
    this.#options.onSettled(accepted)
  }
}
