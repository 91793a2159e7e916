// What does the program know of a command before it is run? Names, arguments, options, help, and where the work is done.
import type { Command } from './invocation.ts'
import type { CommandOption } from './options.ts'

export type HelpGroup = 'Rent' | 'Wallet' | 'Identity' | 'Provide' | 'Tools'

export interface CommandDefinition {
  /** What the user types, for example `wallet fund`. */
  name: string
  summary: string
  /** In commander's notation: `<pod> [command...]`. */
  arguments?: string
  options?: readonly CommandOption[]
  /** Options after the first argument belong to another program. */
  passThrough?: boolean
  /** Stays up and checks thousands of messages. */
  daemon?: boolean
  examples: readonly string[]
  load: () => Promise<{ run: Command }>
}

/** A word that only groups commands: `wallet`, `orders`. */
export interface CommandFamily {
  name: string
  summary: string
  commands: readonly CommandDefinition[]
}

export interface CommandGroup {
  group: HelpGroup
  entries: readonly (CommandDefinition | CommandFamily)[]
}
