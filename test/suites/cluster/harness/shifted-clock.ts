// Loaded before anything else of a process: its wall clock is wrong by CLOCK_SHIFT_MS, its monotonic one is not.

const shiftMs = Number(process.env['CLOCK_SHIFT_MS']);
const TrueDate = globalThis.Date;

function now(): number {
  return TrueDate.now() + shiftMs;
}

globalThis.Date = new Proxy(TrueDate, {
  construct: (target, args, newTarget) =>
    Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget) as Date,
  apply: () => new TrueDate(now()).toString(),
  get: (target, property, receiver) =>
    property === 'now' ? now : (Reflect.get(target, property, receiver) as unknown),
});
