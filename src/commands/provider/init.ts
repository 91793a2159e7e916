// paygress provider init: write the first .env and price list of a provider.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { PaygressError } from '../../core/errors.ts'
import { quoteArgument } from '../../core/quote-argument.ts'
import { normaliseMintUrl } from '../../core/mint-url.ts'
import { normaliseRelayUrl } from '../../core/relay-url.ts'
import type { Ask } from '../../core/progress.ts'
import { type StarterAnswers, starterEnvironment, starterSpecs } from '../../provider/starter-files.ts'
import { writeStarterFile } from '../../wiring/starter-folder.ts'
import type { Invocation, Options } from '../invocation.ts'

const BACKENDS = ['kubernetes', 'process'] as const
const HOST = /^(?!-)[A-Za-z0-9.:-]{1,253}$/

export async function run({ options, terminal }: Invocation): Promise<undefined> {
  const folder = options.text('dir') ?? '.'
  const files = { env: join(folder, '.env'), specs: join(folder, 'pod-specs.json') }
  const taken = Object.values(files).filter((path) => existsSync(path))
  if (taken.length > 0) {
    throw new PaygressError('usage', `${taken.join(' and ')} are there already, and are left as they are`, {
      hint: 'move them away, or give another --dir',
    })
  }
  const answers = await answersOf(options, terminal.ask)
  writeStarterFile(files.env, starterEnvironment(answers))
  writeStarterFile(files.specs, starterSpecs())
  await terminal.answer({
    document: { env_file: files.env, specs_file: files.specs, backend: answers.backend },
    names: [files.env, files.specs],
    human: { kind: 'lines', lines: [`${files.env} and ${files.specs} are written: look at the prices`] },
  })
  terminal.say('next: paygress provider check')
}

async function answersOf(options: Options, ask: Ask): Promise<StarterAnswers> {
  const backend =
    options.oneOf('backend', BACKENDS) ??
    (options.flag('yes') ? 'kubernetes' : await ask.select('Where do machines run?', choices(), '--backend'))
  const relays = await listOf(options.list('relay').join(','), ask, {
    question: 'Relays (comma-separated)',
    flag: '--relay',
    suggestion: backend === 'process' ? 'ws://127.0.0.1:7447' : 'wss://relay.damus.io,wss://nos.lol',
    read: normaliseRelayUrl,
  })
  const mints = await listOf(options.text('mints'), ask, {
    question: 'Mints you accept money from (comma-separated)',
    flag: '--mints',
    read: normaliseMintUrl,
  })
  const sshHost = backend === 'process' ? undefined : await sshHostOf(options, ask)
  const name = options.text('name')
  return { backend, relays, mints, sshHost, name }
}

function choices() {
  return [
    { name: 'on a Kubernetes cluster', value: 'kubernetes' as const },
    {
      name: 'as processes of this computer, without isolation (to try things out)',
      value: 'process' as const,
    },
  ]
}

interface ListQuestion {
  question: string
  flag: string
  suggestion?: string
  read(text: string): string | undefined
}

async function listOf(
  given: string | undefined,
  ask: Ask,
  { question, flag, suggestion, read }: ListQuestion,
) {
  const problem = (answer: string) => {
    const wrong = split(answer).find((item) => read(item) === undefined)
    if (wrong !== undefined) return `${quoteArgument(wrong)} is not an address for ${flag}`
    return split(answer).length === 0 ? 'at least one is needed' : undefined
  }
  const more = suggestion === undefined ? {} : { suggestion }
  const text =
    given === undefined || given === '' ? await ask.input(question, { flag, problem, ...more }) : given
  const found = problem(text)
  if (found !== undefined) throw new PaygressError('usage', found, { hint: `give ${flag} <url>` })
  return split(text).flatMap((item) => read(item) ?? [])
}

function split(text: string): string[] {
  return text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '')
}

async function sshHostOf(options: Options, ask: Ask): Promise<string> {
  const flag = '--ssh-host'
  const problem = (answer: string) =>
    HOST.test(answer) ? undefined : 'it must be a host name or an IP address'
  const host =
    options.text('sshHost') ?? (await ask.input('Address that buyers connect to', { flag, problem }))
  const found = problem(host)
  if (found !== undefined)
    throw new PaygressError('usage', `${quoteArgument(host)}: ${found}`, { hint: `give ${flag}` })
  return host
}
