/**
 * Money as integers. One dollar is 10^12 pico-USD; $1 per million tokens is exactly 1,000,000 pUSD per token.
 * No function here takes or returns a `number` that means money: a float cannot enter.
 */

declare const pusdBrand: unique symbol
declare const nanoBrand: unique symbol

/** Pico-USD, 10^-12 dollars. The unit of every row, sum and price. */
export type Pusd = bigint & { readonly [pusdBrand]: true }
/** Nano-USD, 10^-9 dollars. Only Redis counters use it, always rounded up. */
export type NanoUsd = bigint & { readonly [nanoBrand]: true }

const PUSD_PER_USD = 1_000_000_000_000n
const USD_DECIMALS = 12
const ZERO_CODE = '0'.charCodeAt(0)
const PUSD_PER_NANO = 1_000n
export const PUSD_PER_CENT = 10_000_000_000n

export const pusd = (amount: bigint): Pusd => amount as Pusd
export const nanoUsd = (amount: bigint): NanoUsd => amount as NanoUsd
export const ZERO_PUSD: Pusd = pusd(0n)

export const addPusd = (...amounts: readonly Pusd[]): Pusd =>
  pusd(amounts.reduce<bigint>((sum, amount) => sum + amount, 0n))

/** Rounds up, so that an enforced counter is never below the money it stands for. */
export const toNanoUsdCeil = (amount: Pusd): NanoUsd =>
  nanoUsd(amount <= 0n ? amount / PUSD_PER_NANO : (amount + PUSD_PER_NANO - 1n) / PUSD_PER_NANO)
export const fromNanoUsd = (amount: NanoUsd): Pusd => pusd(amount * PUSD_PER_NANO)

const DECIMAL = /^(-?)(\d{1,15})(?:\.(\d{1,30}))?$/

/**
 * Reads decimal dollars ("0.05", "12", "-3.5") exactly.
 * @throws RangeError when the text is no plain decimal or has digits below 10^-12 dollars.
 */
export const parseUsd = (text: string): Pusd => {
  const match = DECIMAL.exec(text.trim())
  if (match === null) throw new RangeError(`"${text}" is not a decimal amount of dollars like 12.50`)
  const fraction = (match[3] ?? '').replace(/0+$/, '')
  if (fraction.length > 12) throw new RangeError(`"${text}" has more than 12 decimal places`)
  const magnitude = BigInt(match[2] ?? '0') * PUSD_PER_USD + BigInt(fraction.padEnd(12, '0'))
  return pusd(match[1] === '-' ? -magnitude : magnitude)
}

/** Exact decimal dollars without trailing zeros ("0.000105"), at least `minimumDecimals` places. */
export const formatUsd = (amount: Pusd, minimumDecimals = 0): string => {
  const exact: bigint = amount
  const magnitude = exact < 0n ? -exact : exact
  const whole = magnitude / PUSD_PER_USD
  const digits = (magnitude - whole * PUSD_PER_USD).toString().padStart(USD_DECIMALS, '0')
  let decimals = USD_DECIMALS
  while (decimals > minimumDecimals && digits.charCodeAt(decimals - 1) === ZERO_CODE) decimals -= 1
  const fraction = decimals === 0 ? '' : `.${digits.slice(0, decimals).padEnd(minimumDecimals, '0')}`
  return `${amount < 0n ? '-' : ''}${whole}${fraction}`
}

/** A price of `amountPusd` for `perUnits` units: $0.111 per hour is no integer per second, this is. */
export interface UnitPrice {
  readonly amountPusd: bigint
  readonly perUnits: bigint
  /** What the provider bills at least once any was used (10 seconds of sound, say); absent or 0 = no minimum. */
  readonly minimumUnits?: bigint
}

const UNIT_DECIMALS = 24n

/** Dollars for one unit as decimal text: exact where that ends, else cut after 24 places (an hour's price for a second of it). */
export const formatUnitPrice = ({ amountPusd, perUnits }: UnitPrice): string => {
  const scaled = (amountPusd * 10n ** UNIT_DECIMALS) / (perUnits * PUSD_PER_USD)
  const digits = scaled.toString().padStart(Number(UNIT_DECIMALS) + 1, '0')
  const whole = digits.slice(0, -Number(UNIT_DECIMALS))
  const fraction = digits.slice(-Number(UNIT_DECIMALS)).replace(/0+$/, '')
  return fraction === '' ? whole : `${whole}.${fraction}`
}

/** The units a provider bills for what was used: all of them, and its minimum at least. */
export const billableUnits = (units: bigint, price: UnitPrice): bigint =>
  units > 0n && price.minimumUnits !== undefined && units < price.minimumUnits ? price.minimumUnits : units

/** The one rounding before the invoice: floor, per event and bucket (money.md, decision 2). */
export const priceUnits = (units: bigint, price: UnitPrice): Pusd =>
  pusd((billableUnits(units, price) * price.amountPusd) / price.perUnits)

/** Rounded up: what a hold needs to cover, never what a bill says. */
export const priceUnitsCeil = (units: bigint, price: UnitPrice): Pusd =>
  pusd((billableUnits(units, price) * price.amountPusd + price.perUnits - 1n) / price.perUnits)
