// What time is it in a program that a test has started? Loaded first (NODE_OPTIONS=--import), it moves the clock on, so that nobody waits
// a quarter of an hour for a lock to end.
const aheadMs = Number(process.env.TEST_CLOCK_AHEAD_SEC ?? '0') * 1000
const realNow = Date.now.bind(Date)
const now = (): number => realNow() + aheadMs

globalThis.Date = new Proxy(Date, {
  construct: (target, args: unknown[], newTarget) =>
    Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget),
  get: (target, key) => (key === 'now' ? now : Reflect.get(target, key)),
})

export {}
