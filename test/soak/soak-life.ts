// What do people do in a soak, and what happens to them? Whatever the dice say, one command after another, killed now and then.
import { existsSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import * as z from 'zod'
import type { Consumer } from '../support/product/consumer.ts'
import { rows } from '../support/product/money.ts'
import type { CliResult, RunningCli } from '../support/run-cli.ts'
import { until } from '../support/peers/until.ts'
import type { ProviderDaemon } from '../support/product/provider-daemon.ts'
import type { Dice } from '../support/weather/dice.ts'
import type { SoakWorld } from './soak-world.ts'
import type { Tally } from './tally.ts'
import { endOf } from './verdict.ts'

const KILL_CHANCE = 0.15
const ANSWER = '6s'
/** A command that takes longer hangs: everything in it has a time limit. */
const LONGEST_COMMAND_MS = 120_000
/** Every command ends before. */
const FOREVER_MS = 10 * LONGEST_COMMAND_MS
const INVOICE = /to (\S+) with this Lightning invoice:\s+(lnbc\w+)/
const FUNDS_SAT = 2_000

const podRow = z.object({ npub: z.string() })

/** Puts money at both mints into everybody's wallet, in fair weather. */
export async function fundEverybody(world: SoakWorld): Promise<void> {
  for (const { start } of world.people) {
    for (const { weather } of world.mints) {
      const command = start(['wallet', 'fund', String(FUNDS_SAT), '--mint', weather.url])
      await payWhatIsShown(command, world)
      const { code, stderr } = await command.result
      if (code !== 0) throw new Error(`a wallet could not be funded: ${stderr}`)
    }
  }
}

/** Pays the invoice that a command shows, as its person would: one that nobody has seen is paid by nobody. */
async function payWhatIsShown(command: RunningCli, { mints }: SoakWorld): Promise<void> {
  const shown = (): RegExpExecArray | null => INVOICE.exec(command.stderr())
  await until(
    'an invoice, or the end of the command',
    () => shown() !== null || command.hasExited(),
    FOREVER_MS,
  )
  const [, url, invoice] = shown() ?? []
  if (invoice !== undefined) await mints.find(({ weather }) => weather.url === url)?.mint.settle(invoice)
}

/** One person's commands until it is time; what is no clean end of a command is counted as a fault of the program. */
export async function live(
  person: Consumer,
  world: SoakWorld,
  dice: Dice,
  tally: Tally,
  endsAt: number,
): Promise<void> {
  while (Date.now() < endsAt) {
    const args = deed(person, world, dice)
    const command = person.start(['--timeout', ANSWER, ...args])
    const paid = payWhatIsShown(command, world)
    const name = args.slice(0, args[0] === 'orders' || args[0] === 'wallet' ? 2 : 1).join(' ')
    if (dice.hits(KILL_CHANCE)) {
      await Promise.race([pause(dice.throw() * 2_000), command.result])
      if (!command.hasExited()) {
        tally.count(`killed in ${name}`)
        await command.end('SIGKILL')
        await paid
        continue
      }
    }
    const hanging = new AbortController()
    const result = await Promise.race([
      command.result,
      pause(LONGEST_COMMAND_MS, undefined, { signal: hanging.signal }).catch(() => undefined),
    ])
    hanging.abort()
    if (result === undefined) await command.end('SIGKILL')
    await paid
    if (result === undefined) {
      tally.fault(`${args.join(' ')} hung`)
      continue
    }
    tally.count(endOf(name, result.code))
    if (!isCleanEnd(result)) {
      tally.fault(`${args.join(' ')}: exit ${result.code}: ${result.stderr.slice(-1_000)}`)
    }
  }
}

/** In bad weather much is refused, silent or unknown; a mistake of the caller or of the program is none of it. */
function isCleanEnd({ code, stderr }: CliResult): boolean {
  if (stderr.includes('unexpected error')) return false
  // A relay that keeps its offers to itself makes a provider look unknown.
  return [0, 1, 3, 5, 6, 7].includes(code) || (code === 2 && stderr.includes('has an offer on your relays'))
}

function deed({ databasePath }: Consumer, { mints, providers }: SoakWorld, dice: Dice): string[] {
  const pods = existsSync(databasePath)
    ? rows(databasePath, "SELECT npub FROM pods WHERE state = 'running' ORDER BY npub", podRow)
    : []
  const die = dice.throw()
  const mint = ['--mint', dice.oneOf(mints).weather.url]
  const time = ['--for', `${dice.between(5, 60)}s`]
  const lock = dice.hits(0.25) ? ['--no-lock'] : []
  if (pods.length > 0 && die < 0.2) return ['topup', dice.oneOf(pods).npub, ...time, ...lock]
  if (pods.length > 0 && die < 0.45) return ['stop', dice.oneOf(pods).npub]
  if (pods.length > 0 && die < 0.5) return ['status', dice.oneOf(pods).npub]
  if (die > 0.95) return ['orders', 'recover']
  if (die > 0.92) return ['wallet', 'fund', String(dice.between(1, 50)), ...mint]
  const provider = ['--provider', dice.oneOf(providers).npub]
  return ['buy', '--spec', 'basic', '--no-wait', ...provider, ...time, ...mint, ...lock]
}

/** A provider that is killed now and then, and comes back. */
export async function killNowAndThen(
  provider: ProviderDaemon,
  dice: Dice,
  tally: Tally,
  endsAt: number,
): Promise<void> {
  for (;;) {
    const after = dice.between(3_000, 20_000)
    if (Date.now() + after > endsAt) return
    await pause(after)
    if (provider.hasExited()) tally.fault(`a provider ended by itself: ${provider.log().slice(-2_000)}`)
    await provider.kill()
    tally.count('provider killed')
    await pause(dice.between(0, 3_000))
    await provider.restart()
  }
}

/** New keysets at both mints, now and then. */
export async function rotateNowAndThen(
  { mints }: SoakWorld,
  dice: Dice,
  tally: Tally,
  endsAt: number,
): Promise<void> {
  for (;;) {
    const after = dice.between(20_000, 60_000)
    if (Date.now() + after > endsAt) return
    await pause(after)
    dice.oneOf(mints).mint.rotate()
    tally.count('keyset rotated')
  }
}
