// When is there colour, movement and a question, and when not?
import { describe, expect, test } from 'vitest'
import { PaygressError } from '../../src/core/errors.ts'
import { canAnimate, wantsColour } from '../../src/terminal/streams.ts'
import { fakeStreams, openFake, type Surroundings } from './fake-streams.ts'

const ALL = { stdin: true, stdout: true, stderr: true }

describe('colour', () => {
  const cases: [string, Surroundings, boolean, boolean][] = [
    ['on a terminal', { tty: ALL }, false, true],
    ['in a pipe', {}, false, false],
    ['with NO_COLOR', { tty: ALL, env: { NO_COLOR: '1' } }, false, false],
    ['with an empty NO_COLOR, which means nothing', { tty: ALL, env: { NO_COLOR: '' } }, false, true],
    ['with FORCE_COLOR in a pipe', { env: { FORCE_COLOR: '1' } }, false, true],
    ['with FORCE_COLOR=0', { tty: ALL, env: { FORCE_COLOR: '0' } }, false, false],
    ['with FORCE_COLOR=false', { tty: ALL, env: { FORCE_COLOR: 'false' } }, false, false],
    ['with NO_COLOR and FORCE_COLOR', { tty: ALL, env: { NO_COLOR: '1', FORCE_COLOR: '1' } }, false, false],
    ['with TERM=dumb', { tty: ALL, env: { TERM: 'dumb' } }, false, false],
    ['with --no-color', { tty: ALL, env: { FORCE_COLOR: '1' } }, true, false],
  ]

  test.each(cases)('%s', (_where, surroundings, noColour, expected) => {
    const streams = fakeStreams(surroundings)
    expect(wantsColour(streams, 'stdout', noColour)).toBe(expected)
    expect(wantsColour(streams, 'stderr', noColour)).toBe(expected)
  })

  test.each(cases)('of an error %s', async (_where, surroundings, noColour, expected) => {
    const { terminal, err } = await openFake({ noColour }, surroundings)
    await terminal.fail(new PaygressError('failed', 'no'))
    expect(err().includes('\u001b[31m')).toBe(expected)
  })

  test('never comes into an answer, even where everything is a terminal', async () => {
    const { terminal, out } = await openFake({}, { tty: ALL, env: { FORCE_COLOR: '1' } })
    await terminal.answer({ document: {}, names: [], human: { kind: 'lines', lines: ['plain'] } })
    expect(out()).toBe('plain\n')
  })
})

describe('movement', () => {
  test.each<[string, Surroundings, boolean]>([
    ['on a terminal', { tty: ALL }, true],
    ['where stderr is a pipe', { tty: { stdin: true, stdout: true } }, false],
    ['with TERM=dumb', { tty: ALL, env: { TERM: 'dumb' } }, false],
    ['in CI', { tty: ALL, env: { CI: 'true' } }, false],
  ])('%s', (_where, surroundings, expected) => {
    expect(canAnimate(fakeStreams(surroundings))).toBe(expected)
  })

  test('on a terminal that claims to have no columns there is none', () => {
    const streams = fakeStreams({ tty: ALL })
    streams.stderr.columns = 0
    expect(canAnimate(streams)).toBe(false)
  })

  test('a step ends in a ticked line, and a note stands above it', async () => {
    const { terminal, err } = await openFake({ noColour: true }, { tty: ALL })
    terminal.progress.step('asking')
    terminal.progress.note('recovered')
    terminal.progress.step('starting')
    terminal.progress.done('it runs')
    terminal.close()
    const lines = err().split('\n')
    expect(lines.filter((line) => /✓|recovered/.test(line))).toEqual(['recovered', '✓ asking', '✓ it runs'])
  })
})

describe('a question', () => {
  test.each<[string, Surroundings]>([
    ['in a pipe', {}],
    ['with stdin from a file', { tty: { stdout: true, stderr: true } }],
    ['with stderr into a file', { tty: { stdin: true, stdout: true } }],
  ])('%s is refused, naming the flag that answers it', async (_where, surroundings) => {
    const { terminal, out, err } = await openFake({}, surroundings)
    expect([terminal.canPrompt, terminal.ask.canAsk]).toEqual([false, false])
    const refusal = { code: 'input_needed', exitCode: 4, hint: 'give --yes', details: { flag: '--yes' } }
    await expect(terminal.ask.confirm('Pay 9 sat?', '--yes')).rejects.toMatchObject(refusal)
    await expect(terminal.ask.select('Which mint?', [], '--yes')).rejects.toMatchObject(refusal)
    expect([out(), err()]).toEqual(['', ''])
  })

  test('that is interrupted is an interruption, not a failure', async () => {
    const stop = new AbortController()
    const { terminal } = await openFake({ signal: stop.signal }, { tty: ALL })
    const answer = terminal.ask.confirm('Pay 9 sat?', '--yes')
    stop.abort()
    await expect(answer).rejects.toMatchObject({ code: 'interrupted', exitCode: 130 })
  })

  test('is asked on stderr and answered from stdin', async () => {
    const { terminal, streams, out, err } = await openFake({}, { tty: ALL })
    const answer = terminal.ask.confirm('Pay 9 sat?', '--yes')
    while (!err().includes('Pay 9 sat?')) await new Promise((resolve) => setTimeout(resolve, 5))
    streams.stdin.write('y\n')
    expect(await answer).toBe(true)
    expect(out()).toBe('')
  })
})
