// How does a use case tell what it is doing, and ask? Through these; terminal implements them.

/** One line per change of state; a terminal animates it, a script gets plain lines on stderr. */
export interface Progress {
  /** A step has begun; the one before is done. */
  step(text: string): void
  /** Something worth one line that is not a step (for example what was recovered). */
  note(text: string): void
  /** The last step is done. */
  done(text?: string): void
}

/** Questions to a person; every method throws `input_needed` naming `flag` where nobody can answer. */
export interface Ask {
  readonly canAsk: boolean
  confirm(question: string, flag: string): Promise<boolean>
  /** A line of text; `problem` says what is wrong with an answer, or nothing. */
  input(
    question: string,
    options: { flag: string; suggestion?: string; problem?: (answer: string) => string | undefined },
  ): Promise<string>
  /** A line of text that is not shown while it is typed. */
  secret(question: string, flag: string): Promise<string>
  select<Value>(
    question: string,
    choices: readonly { name: string; value: Value }[],
    flag: string,
  ): Promise<Value>
}
