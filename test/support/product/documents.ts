// Which fields may a script rely on? The documents of `-o json`, strict about what the tests read.
import * as z from 'zod'

const sat = z.int().min(0)
const paid = z.object({ amount_sat: sat, fee_sat: sat, mint: z.string() })

export const offersDocument = z.object({
  offers: z.array(
    z.object({
      provider_npub: z.string(),
      spec_id: z.string(),
      mints: z.array(z.string()),
      state: z.string(),
    }),
  ),
})

export const fundDocument = z.object({
  quote_id: z.string(),
  invoice: z.string(),
  amount_sat: sat,
  mint: z.string(),
  state: z.string(),
})

export const buyDocument = z.object({
  order_id: z.string(),
  state: z.string(),
  pod_npub: z.string(),
  name: z.string(),
  provider_npub: z.string(),
  expires_at: z.iso.datetime(),
  duration_seconds: z.int(),
  paid,
})

export const topupDocument = z.object({
  order_id: z.string(),
  state: z.string(),
  pod_npub: z.string(),
  extended_duration_seconds: z.int(),
  expires_at: z.iso.datetime(),
  paid,
})

export const statusDocument = z.object({
  pod_npub: z.string(),
  state: z.string(),
  expires_at: z.iso.datetime(),
  seconds_left: z.int(),
})

export const stopDocument = z.object({ pod_npub: z.string(), used_seconds: z.int(), refunded_sat: sat })

export const balanceDocument = z.object({
  total_sat: sat,
  mints: z.array(z.object({ url: z.string(), available_sat: sat, reserved_sat: sat, pending_sat: sat })),
})

export const sendDocument = z.object({ token: z.string(), amount_sat: sat, mint: z.string() })

export const receiveDocument = z.object({ received_sat: sat, fee_sat: sat })

export const ordersDocument = z.object({
  orders: z.array(
    z.object({ order_id: z.string(), kind: z.string(), state: z.string(), pod_npub: z.string().nullish() }),
  ),
})

export const errorDocument = z.object({
  error: z.object({ code: z.string(), message: z.string(), hint: z.string().nullish() }),
})
