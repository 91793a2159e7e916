// paygress demo: the whole story on this machine, step by step, with real money's arithmetic and a real login.
import { playStory, type StoryStep } from './demo-story.ts'
import { exportsAnswer } from './devnet-exports.ts'
import type { Invocation } from './invocation.ts'
import { untilStopped } from './until-stopped.ts'
import { startDevnet } from '../wiring/wire-devnet.ts'
import { wireLog } from '../wiring/wire-log.ts'

export async function run(invocation: Invocation): Promise<undefined> {
  const { options, terminal, signal } = invocation
  const steps: StoryStep[] = []
  const log = wireLog({ level: options.flag('verbose') ? 'debug' : 'error' })
  const tell = (step: StoryStep) => {
    steps.push(step)
    if (terminal.output === 'table') terminal.raw(storyLine(step))
  }
  const startedAt = performance.now()
  const devnet = await startDevnet({ dir: undefined, port: undefined, provider: true, log })
  try {
    tell({ name: 'start', seconds: since(startedAt), text: 'relay, mint and provider are up' })
    await playStory({ devnet, invocation, tell })
    if (terminal.output !== 'table') {
      const document = { steps: steps.map(({ name, seconds }) => ({ name, seconds })), ok: true }
      await terminal.answer({
        document,
        names: steps.map(({ name }) => name),
        human: { kind: 'lines', lines: [] },
      })
    }
    if (options.flag('keep')) {
      terminal.say('everything stays up; use it from another terminal, Ctrl-C ends it')
      const answer = exportsAnswer(devnet)
      if (terminal.output === 'table') await terminal.answer(answer)
      else for (const line of answer.names) terminal.say(line)
      await untilStopped(signal)
    }
  } finally {
    await devnet.close()
  }
}

function since(start: number): number {
  return Math.round(performance.now() - start) / 1000
}

function storyLine({ name, seconds, text }: StoryStep): string {
  return `${name.padEnd(8)} ${seconds.toFixed(2).padStart(6)} s  ${text}`
}
