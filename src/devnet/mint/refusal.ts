// What does the mint say when it refuses? HTTP 400 with a code and a sentence.

/**
 * The codes this mint uses: those of nutshell, which keeps to the NUT error list where it has a code of its own for the case, and says
 * 11000 (a transaction) or 0 (anything) otherwise. test/peers/same-answers.test.ts asks both.
 */
export const REFUSAL = {
  notVerified: 10001,
  unsigned: 0,
  conditionUnmet: 11000,
  noInvoice: 0,
  noInputs: 11000,
  noOutputs: 0,
  spent: 11001,
  inputsPending: 11002,
  alreadySigned: 11003,
  outputsPending: 11004,
  unbalanced: 11000,
  amountOutsideLimit: 11006,
  duplicateInputs: 11007,
  duplicateOutputs: 11008,
  mixedUnits: 11009,
  otherUnit: 11010,
  amountless: 11011,
  unitNotSupported: 0,
  tooManyInputs: 11014,
  tooManyOutputs: 11015,
  keysetUnknown: 12001,
  inputKeysetUnknown: 0,
  outputKeysetUnknown: 11000,
  keysetInactive: 11000,
  keysetExpired: 12003,
  quoteUnknown: 0,
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

/** A request that cannot be read: HTTP 422, without a code. */
export class UnreadableRequest extends Error {
  override readonly name = 'UnreadableRequest'
}
