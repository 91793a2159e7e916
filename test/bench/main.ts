// How fast is it here and now? Prints figures and ratios, and never says pass or fail.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buy } from './buy.ts'
import { type Figure, figureCells } from './figures.ts'
import { giftWraps } from './gift-wraps.ts'
import { kubernetes } from './kubernetes.ts'
import { offers } from './offers.ts'
import { orders } from './orders.ts'
import { recovery } from './recovery.ts'
import { startUp } from './start-up.ts'

/** Each measures one thing; a new one is a file of its own and a line here. */
const BENCHES: Record<string, (home: string) => Promise<Figure[]>> = {
  'start-up': startUp,
  'gift-wraps': giftWraps,
  offers,
  buy,
  recovery: async () => recovery(),
  orders: async () => orders(),
  kubernetes,
}

const asked = process.argv.slice(2)
const home = await mkdtemp(join(tmpdir(), 'paygress-bench-'))
try {
  const figures: Figure[] = []
  for (const [name, bench] of Object.entries(BENCHES)) {
    if (asked.length === 0 || asked.includes(name)) figures.push(...(await bench(home)))
  }
  console.log(`Node ${process.version} on ${process.platform}-${process.arch}`)
  console.table(figures.map(figureCells))
} finally {
  await rm(home, { recursive: true, force: true })
}
