// What machine is it? One row of a provider's price list.
import type { SpecId } from './ids.ts'
import type { RateMsatPerSec } from './pricing.ts'

export interface Spec {
  id: SpecId
  name: string
  description: string
  cpuMillicores: number
  memoryMb: number
  rateMsatPerSec: RateMsatPerSec
}
