// How does a command line become one call of one command? Builds commander's program from the command tree.
import { Command as Commander, CommanderError, Option } from 'commander'
import packageJson from '../package.json' with { type: 'json' }
import type { Command, OptionValue } from './commands/invocation.ts'
import { COMMAND_OPTIONS, GLOBAL_OPTIONS, type OptionDefinition } from './commands/options.ts'
import { COMMAND_GROUPS } from './commands/tree.ts'
import { nearest } from './core/nearest.ts'
import type { CommandDefinition, CommandFamily, CommandGroup } from './commands/command-definition.ts'

/** What was typed, before environment and preferences are looked at. */
export interface Call {
  command: Command
  /** As typed: `paygress wallet fund`. */
  path: string
  args: string[]
  /** Only what stood on the command line. */
  given: Record<string, OptionValue>
  /** See `CommandDefinition`. */
  daemon: boolean
  /** The registry entries this command understands, by option name. */
  understood: Record<string, OptionDefinition>
}

/** Where help and version go, and which command was chosen. */
export interface ProgramOutput {
  write(text: string): void
  writeError(text: string): void
  chosen(call: Call): void
  /** The command that could not make sense of its words, as typed: `paygress topup`. */
  refused(path: string): void
}

const EXAMPLES_FIRST = `Examples:
  paygress offers
  paygress buy --spec standard --for 2h
  paygress ssh <name>
`

/**
 * The whole program; `parse` throws CommanderError for wrong usage, help and version.
 * Where `words` (the command line) is given, only commands named in it get their options: building all takes milliseconds.
 */
export function buildProgram(output: ProgramOutput, words?: readonly string[]): Commander {
  const isNamed = (name: string) => words === undefined || words.includes(name)
  const program = configured(new Commander('paygress'), output)
    .description(
      'Rent a machine by the second over Nostr, paid with Cashu ecash. No account, no card, no e-mail.',
    )
    .version(packageJson.version, '-V, --version', 'print the version')
    .addHelpText('before', EXAMPLES_FIRST)
    .enablePositionalOptions()
    .commandsGroup('Tools:')
  addOptions(program, GLOBAL_OPTIONS)
  for (const group of COMMAND_GROUPS) addGroup(program, group, { ...output, isNamed })
  addHelp(program, output)
  return program
}

function configured(command: Commander, output: ProgramOutput): Commander {
  return command
    .exitOverride((error) => {
      output.refused(pathOf(command))
      throw error
    })
    .showSuggestionAfterError(true)
    .configureOutput({ writeOut: output.write, writeErr: output.writeError, outputError: () => undefined })
    .configureHelp({
      sortSubcommands: false,
      showGlobalOptions: false,
      // Every command has options, and a group is followed by a command: saying so each time is noise.
      subcommandTerm: (listed) =>
        `${listed.name()} ${listed.usage().replace(/\[options\]|\[command\]/g, '')}`
          .replace(/ +/g, ' ')
          .trimEnd(),
    })
}

function pathOf(command: Commander): string {
  return command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`
}

interface Building extends ProgramOutput {
  isNamed(name: string): boolean
}

function addGroup(program: Commander, { group, entries }: CommandGroup, output: Building): void {
  for (const entry of entries) {
    if ('commands' in entry) addFamily(program, entry, group, output)
    else addCommand(program, entry, output).helpGroup(`${group}:`)
  }
}

function addFamily(program: Commander, family: CommandFamily, group: string, output: Building): void {
  const parent = configured(new Commander(family.name), output)
    .description(family.summary)
    .helpGroup(`${group}:`)
    .enablePositionalOptions()
  program.addCommand(parent)
  if (!output.isNamed(family.name)) return
  addOptions(parent, GLOBAL_OPTIONS, true)
  for (const command of family.commands) addCommand(parent, command, output)
  addHelp(parent, output)
}

/** `help wallet fund` is `wallet fund --help`; commander's own looks at one word and leaves the others unread. */
function addHelp(group: Commander, output: ProgramOutput): void {
  const help = configured(new Commander('help'), output)
    .description('display help for command')
    .arguments('[words...]')
    .usage(' ')
  group.helpCommand(false).addCommand(help)
  addOptions(help, GLOBAL_OPTIONS, true)
  help.action((words: string[]) => topicOf(group, words, output).outputHelp())
}

function topicOf(group: Commander, words: readonly string[], output: ProgramOutput): Commander {
  let topic = group
  for (const word of words) {
    const next = topic.commands.find((command) => command.name() === word)
    if (next === undefined) throw unknownTopic(topic, word, output)
    topic = next
  }
  return topic
}

/** What commander says of an unknown command where it is not asked for its help. */
function unknownTopic(group: Commander, word: string, output: ProgramOutput): CommanderError {
  output.refused(pathOf(group))
  const meant = nearest(
    word,
    group.commands.map((command) => command.name()),
  )
  const suggestion = meant === undefined ? '' : `\n(Did you mean ${meant}?)`
  return new CommanderError(1, 'commander.unknownCommand', `error: unknown command '${word}'${suggestion}`)
}

function addCommand(parent: Commander, definition: CommandDefinition, output: Building): Commander {
  const command = configured(new Commander(definition.name), output).description(definition.summary)
  if (definition.arguments !== undefined) command.arguments(definition.arguments)
  parent.addCommand(command)
  if (!output.isNamed(definition.name)) return command
  if (definition.passThrough === true) command.passThroughOptions()
  const own = Object.fromEntries((definition.options ?? []).map((name) => [name, COMMAND_OPTIONS[name]]))
  addOptions(command, own)
  addOptions(command, GLOBAL_OPTIONS, true)
  command.addHelpText('after', `\nExamples:\n${definition.examples.map((line) => `  ${line}`).join('\n')}`)
  command.action(() => {
    output.chosen(toCall(command, definition, { ...GLOBAL_OPTIONS, ...own }))
  })
  return command
}

function addOptions(command: Commander, options: Record<string, OptionDefinition>, hidden = false): void {
  for (const { flags, description, env, many } of Object.values(options)) {
    const option = new Option(flags, env === undefined ? description : `${description} [${env}]`)
    if (many === true)
      option.argParser((value: string, before: string[] | undefined) => [...(before ?? []), value])
    command.addOption(hidden ? option.hideHelp() : option)
  }
}

function toCall(
  command: Commander,
  definition: CommandDefinition,
  understood: Record<string, OptionDefinition>,
): Call {
  const given: Record<string, OptionValue> = {}
  for (const [name, { flags }] of Object.entries(understood)) {
    const attribute = new Option(flags).attributeName()
    const value = fromCommandLine(command, attribute)
    if (value !== undefined) given[name] = value
  }
  const { daemon = false } = definition
  return { command: lazily(definition), path: pathOf(command), args: command.args, given, daemon, understood }
}

/** A global option may stand before or after the command's name; the one nearer to the command wins. */
function fromCommandLine(command: Commander, attribute: string): OptionValue {
  for (let at: Commander | null = command; at !== null; at = at.parent) {
    if (at.getOptionValueSource(attribute) === 'cli') {
      const value: unknown = at.getOptionValue(attribute)
      if (typeof value === 'string' || typeof value === 'boolean') return value
      if (Array.isArray(value)) return value.filter((item) => typeof item === 'string')
    }
  }
  return undefined
}

function lazily(definition: CommandDefinition): Command {
  return async (invocation) => (await definition.load()).run(invocation)
}
