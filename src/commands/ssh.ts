// paygress ssh: log in to a pod with the system's ssh; everything after the pod's name is ssh's.
import { endedByClocks, openSsh } from '../client/open-ssh.ts'
import { wirePods } from '../wiring/wire-pods.ts'
import { firstArgument, type Invocation } from './invocation.ts'

/** What ssh ends with where it fails itself. */
const NO_LOGIN = 255

export async function run(invocation: Invocation): Promise<number | undefined> {
  const { options, terminal, env, args } = invocation
  const pods = wirePods(env, options.text('profile'))
  try {
    const name = firstArgument(invocation, 'the name of the pod')
    const target = openSsh({ ...pods, progress: terminal.progress }, name)
    const whyNot = endedByClocks(pods, name)
    const { own, rest } = takeOwn(args.slice(1))
    const { sshOptions, command } = split(rest)
    const tor = options.flag('tor') || own.has('--tor')
    if (options.flag('config') || own.has('--config')) {
      const block = pods.launcher.hostBlock(target, { tor })
      await terminal.answer(textAnswer({ host_block: block }, block.trimEnd().split('\n')))
      return undefined
    }
    if (options.flag('print') || own.has('--print')) {
      const line = pods.launcher.commandLine(target, { sshOptions, command, tor })
      await terminal.answer(textAnswer({ command: line }, [line]))
      return undefined
    }
    terminal.close()
    const code = await pods.launcher.run(target, { sshOptions, command, tor })
    if (code === NO_LOGIN && whyNot !== undefined) throw whyNot
    return code
  } finally {
    pods.close()
  }
}

function textAnswer(document: Record<string, string>, lines: string[]) {
  return { document, names: lines, human: { kind: 'lines' as const, lines } }
}

const OWN = ['--print', '--config', '--tor']

/** Our flags may stand after the pod's name too: ssh has no long options. What follows the command's first word is its own. */
function takeOwn(words: readonly string[]): { own: Set<string>; rest: readonly string[] } {
  const end = words.findIndex((word) => word === '--' || !word.startsWith('-'))
  const head = end < 0 ? words : words.slice(0, end)
  const rest = [...head.filter((word) => !OWN.includes(word)), ...words.slice(head.length)]
  return { own: new Set(head.filter((word) => OWN.includes(word))), rest }
}

/** ssh's own options stand before `--`, the remote command after it; without `--` the first word that is no option begins it. */
function split(words: readonly string[]): { sshOptions: readonly string[]; command: readonly string[] } {
  const dashes = words.indexOf('--')
  if (dashes >= 0) return { sshOptions: words.slice(0, dashes), command: words.slice(dashes + 1) }
  const end = optionsEnd(words)
  return { sshOptions: words.slice(0, end), command: words.slice(end) }
}

/** ssh's one-letter options that take a value (ssh(1), OpenSSH 9). */
const WITH_VALUE = new Set('BbcDEeFIiJLlmOoPpQRSWw')

function optionsEnd(words: readonly string[]): number {
  let at = 0
  while (at < words.length) {
    const letters = /^-([A-Za-z0-9]+)/.exec(words[at] ?? '')?.[1]
    if (letters === undefined) return at
    const valueAt = [...letters].findIndex((letter) => WITH_VALUE.has(letter))
    // The value follows as a word of its own only where its letter is the last one.
    at += valueAt === letters.length - 1 ? 2 : 1
  }
  return at
}
