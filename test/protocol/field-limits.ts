// What is inside and what is beyond the limits that the protocol's page words?
import { unquoted } from './spec-page.ts'

/** Values just inside and just outside. */
export interface Limits {
  accepted: unknown[]
  refused: unknown[]
}

const NPUB = 'npub1ujfahuwppkq0xkq7fyzfxzc5qnxxcyuspms8tpr5l222h6xye5fsccv64k'
const KEY = 'f9308a019258c31049344f85f89d5229b531c845836f99b08601f113bce036f9'
const TEN_YEARS = 315_360_000

/** By the names of the page's own table of field types. */
const NAMED_TYPES: Record<string, Limits> = {
  id: { accepted: ['a', 'A9._-', 'x'.repeat(64)], refused: ['', '-a', 'a/b', 'x'.repeat(65), 5] },
  npub: { accepted: [NPUB], refused: [KEY, NPUB.slice(0, -1), NPUB.replace('npub', 'nsec')] },
  token: { accepted: ['x', 'x'.repeat(60_000)], refused: ['', 'x'.repeat(60_001), 5] },
  mint: {
    accepted: [
      'https://m.example',
      'http://m.example:3338/cashu/api/v1',
      `https://m.example/${'x'.repeat(494)}`,
    ],
    refused: [
      'wss://m.example',
      'https://u@m.example',
      'https://m.example?a',
      'https://m.example#a',
      'https://m.example/%41',
      `https://m.example/${'x'.repeat(495)}`,
    ],
  },
  relays: {
    accepted: [[], ['rubbish'], Array.from({ length: 64 }, () => 'wss://r.example')],
    refused: [Array.from({ length: 65 }, () => 'wss://r.example'), 'wss://r.example', [5]],
  },
  key: { accepted: [KEY, `02${KEY}`, `03${KEY}`], refused: [`04${KEY}`, KEY.toUpperCase(), KEY.slice(1)] },
  signature: { accepted: [KEY + KEY], refused: [KEY, `${KEY}${KEY}00`, (KEY + KEY).toUpperCase()] },
  'unix time': {
    accepted: [1_577_836_800, 4_102_444_800],
    refused: [1_577_836_799, 4_102_444_801, '1795190400', 1_795_190_400.5],
  },
  'ISO time': {
    accepted: ['2026-11-20T17:30:00Z', '2026-11-20T17:30:00+02:00'],
    refused: ['2026-11-20T17:30:00', '2026-11-20', 'tomorrow', 1_795_190_400],
  },
  seconds: { accepted: [0, TEN_YEARS], refused: [-1, TEN_YEARS + 1, 0.5, '60'] },
  'seconds, from 1': { accepted: [1, TEN_YEARS], refused: [0, TEN_YEARS + 1, 1.5] },
  amount: { accepted: [0, Number.MAX_SAFE_INTEGER], refused: [-1, 2 ** 53, 0.5, '1'] },
  boolean: { accepted: [true, false], refused: [0, 'true'] },
  true: { accepted: [true], refused: [false, 'true'] },
}

/** Values at and beyond the limits of a type as the page words it; undefined for objects described elsewhere. */
export function limitsOf(type: string): Limits | undefined {
  const plain = unquoted(type)
  const named = NAMED_TYPES[plain]
  if (named !== undefined) return named
  const text = /^text\((\d+)\)(, not empty)?$/.exec(plain)
  if (text !== null) return textLimits(Number(text[1]), text[2] !== undefined)
  const range = /^integer(?: from ([\d,]+))?(?: to ([\d,^]+))?$/.exec(plain)
  if (range !== null && range[1] !== undefined) return rangeLimits(countOf(range[1]), range[2])
  const list = /^up to (\d+) (text\(\d+\)|tokens|mints|specs)$/.exec(plain)
  if (list !== null) return listLimits(Number(list[1]), list[2] ?? '')
  const words = [...type.matchAll(/`"?([a-z]+)"?`/g)].map(([, word]) => word)
  return words.length === 0 ? undefined : { accepted: words, refused: ['other', ''] }
}

function textLimits(most: number, notEmpty: boolean): Limits {
  const ends = { accepted: ['x'.repeat(most)], refused: ['x'.repeat(most + 1), 'a\0b', 5] }
  return notEmpty
    ? { ...ends, refused: [...ends.refused, ''] }
    : { ...ends, accepted: [...ends.accepted, ''] }
}

function rangeLimits(least: number, most: string | undefined): Limits {
  const ends = { accepted: [least], refused: [least - 1, least + 0.5, String(least)] }
  if (most === undefined) return ends
  const top = countOf(most)
  return { accepted: [...ends.accepted, top], refused: [...ends.refused, top + 1] }
}

function listLimits(most: number, item: string): Limits {
  const size = Number(/\d+/.exec(item)?.[0] ?? 10)
  const make = (at: number): unknown => {
    if (item === 'mints') return `https://m${at}.example`
    const name = `s${at}`
    if (item !== 'specs') return 'x'.repeat(size)
    return { id: name, name, cpu_millicores: 1, memory_mb: 1, rate_msats_per_sec: 1 }
  }
  const list = (length: number) => Array.from({ length }, (_, at) => make(at))
  return { accepted: [[], list(most)], refused: [list(most + 1), 'x'] }
}

function countOf(words: string): number {
  const [base = '', power] = words.replaceAll(',', '').split('^')
  return power === undefined ? Number(base) : Number(base) ** Number(power)
}

/** A value that fits into a failure's message. */
export function inShort(value: unknown): string {
  return (JSON.stringify(value) ?? 'undefined').slice(0, 80)
}
