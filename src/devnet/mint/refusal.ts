// What does the mint say when it refuses? HTTP 400 with a code of the NUT error list and a sentence.

/** The codes this mint uses; 10000 is its own word for a request it cannot read. */
export const REFUSAL = {
  unreadable: 10000,
  notVerified: 10001,
  spent: 11001,
  inputsPending: 11002,
  alreadySigned: 11003,
  outputsPending: 11004,
  unbalanced: 11005,
  amountOutsideLimit: 11006,
  duplicateInputs: 11007,
  duplicateOutputs: 11008,
  mixedUnits: 11009,
  otherUnit: 11010,
  amountless: 11011,
  unitNotSupported: 11013,
  tooManyInputs: 11014,
  tooManyOutputs: 11015,
  keysetUnknown: 12001,
  keysetInactive: 12002,
  keysetExpired: 12003,
  quoteUnknown: 20000,
  quoteUnpaid: 20001,
  quoteIssued: 20002,
  paymentFailed: 20004,
  quotePending: 20005,
  invoicePaid: 20006,
  quoteExpired: 20007,
  quoteSignature: 20008,
} as const

/** A refusal on the mint's wire. It is an answer to a client, not a failure of this program. */
export class MintRefusal extends Error {
  override readonly name = 'MintRefusal'
  readonly code: number

  constructor(reason: keyof typeof REFUSAL, detail: string) {
    super(detail)
    this.code = REFUSAL[reason]
  }
}
