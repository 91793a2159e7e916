// How is everything closed, even where one part of it cannot be?

/** Closes what takes time, all at once, and then the rest in order; each of them whatever the others do. Throws the first failure at the end. */
export async function closeAll(slow: (() => Promise<unknown>)[], rest: (() => void)[]): Promise<void> {
  const settled = async (closes: (() => unknown)[]) =>
    Promise.allSettled(closes.map(async (close) => close()))
  // Those of `rest` end at once: in order.
  const results = [...(await settled(slow)), ...(await settled(rest))]
  for (const result of results) if (result.status === 'rejected') throw result.reason
}
