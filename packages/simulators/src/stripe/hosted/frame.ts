import { OFFERED_CARDS } from '../cards.ts'
import { escapeHtml } from '../../service/page.ts'

const STYLE = `
:root { color-scheme: light dark; --line: color-mix(in srgb, currentColor 16%, transparent); --soft: color-mix(in srgb, currentColor 68%, transparent); --deep: #4338ca; }
* { box-sizing: border-box; }
body { font: 16px/1.5 system-ui, sans-serif; margin: 0; }
main { max-width: 30rem; margin: 0 auto; padding: 1.5rem 1.25rem 3rem; }
main.wide { max-width: 46rem; }
.banner { background: #fde68a; color: #422006; font-size: .875rem; padding: .5rem 1.25rem; text-align: center; }
h1 { font-size: 1.5rem; line-height: 1.25; letter-spacing: -.01em; margin: 1rem 0 .25rem; }
h2 { font-size: 1.0625rem; margin: 2rem 0 .5rem; }
.amount { font-size: 2.25rem; font-weight: 650; letter-spacing: -.02em; margin: .25rem 0 1rem; font-variant-numeric: tabular-nums; }
.soft { color: var(--soft); margin: .25rem 0; }
fieldset { border: 0; margin: 1.25rem 0; padding: 0; }
legend { font-weight: 600; margin-bottom: .5rem; padding: 0; }
label.card { align-items: baseline; border: 1px solid var(--line); border-bottom-width: 0; cursor: pointer; display: flex; gap: .625rem; padding: .625rem .75rem; }
label.card:first-of-type { border-radius: .5rem .5rem 0 0; }
label.card:last-of-type { border-bottom-width: 1px; border-radius: 0 0 .5rem .5rem; }
label.card:has(:checked) { background: color-mix(in srgb, var(--deep) 14%, transparent); }
label.card span { color: var(--soft); font-size: .875rem; margin-left: auto; text-align: right; }
code, .number { font: .9375rem/1.5 ui-monospace, monospace; white-space: nowrap; }
label.field { display: block; margin: .75rem 0; }
label.field > input, label.field > select { background: Canvas; border: 1px solid color-mix(in srgb, currentColor 50%, transparent); border-radius: .4rem; color: inherit; display: block; font: inherit; margin-top: .25rem; padding: .55rem .7rem; width: 100%; }
button { background: var(--deep); border: 0; border-radius: .5rem; color: #fff; cursor: pointer; font: inherit; font-weight: 600; padding: .7rem 1.1rem; }
button.main { width: 100%; }
button.plain { background: transparent; border: 1px solid color-mix(in srgb, currentColor 45%, transparent); color: inherit; font-weight: 500; padding: .3rem .7rem; }
a { color: inherit; text-underline-offset: 3px; }
.foot { margin-top: 1.25rem; text-align: center; }
[role=alert] { background: #fee2e2; border-radius: .5rem; color: #7f1d1d; margin: 1rem 0; padding: .75rem 1rem; }
table { border-collapse: collapse; width: 100%; }
th, td { border-bottom: 1px solid var(--line); padding: .5rem .75rem .5rem 0; text-align: left; vertical-align: middle; }
th { color: var(--soft); font-size: .875rem; font-weight: 500; }
td form { display: inline; }
td.end, th.end { text-align: right; padding-right: 0; }
.scroll { overflow-x: auto; }
.scroll code, .scroll td { overflow-wrap: anywhere; white-space: normal; }
`

/** A hosted page. It says on top that no money moves here: it must never pass for the real thing. */
export function writeHostedPage(title: string, body: string, width: 'narrow' | 'wide' = 'narrow'): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${escapeHtml(title)} · simulated Stripe</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<style>${STYLE}</style></head>
<body><header class="banner">Simulated Stripe. No card is charged and no money moves.</header>
<main class="${width}">${body}</main></body></html>
`
}

export function formatMoney(cents: number, currency: string | null): string {
  const whole = Math.trunc(Math.abs(cents) / 100).toLocaleString('en-US')
  const sign = cents < 0 ? '−' : ''
  const text = `${whole}.${String(Math.abs(cents) % 100).padStart(2, '0')}`
  return currency === 'usd' || currency === null ? `${sign}$${text}` : `${sign}${text} ${currency.toUpperCase()}`
}

const spaced = (number: string) => number.replaceAll(/(\d{4})(?=\d)/g, '$1 ')

/** Test cards to choose from, and a field for any other. */
export function writeCardChoice(): string {
  const choices = OFFERED_CARDS.map(
    ({ number, says }, position) =>
      `<label class="card"><input type="radio" name="card" value="${number}"${position === 0 ? ' checked' : ''}><code>${spaced(number)}</code><span>${escapeHtml(says)}</span></label>`,
  ).join('')
  return `<fieldset><legend>Test card</legend>${choices}</fieldset>
<label class="field">Or another card number<input class="number" name="number" inputmode="numeric" autocomplete="off" pattern="[0-9 ]*"></label>`
}

export function writeAlert(message: string | null): string {
  return message === null ? '' : `<p role="alert">${escapeHtml(message)}</p>`
}

const COUNTRIES: readonly (readonly [string, string])[] = [
  ['US', 'United States'],
  ['AU', 'Australia'],
  ['AT', 'Austria'],
  ['CA', 'Canada'],
  ['FR', 'France'],
  ['DE', 'Germany'],
  ['IN', 'India'],
  ['IE', 'Ireland'],
  ['JP', 'Japan'],
  ['NL', 'Netherlands'],
  ['SG', 'Singapore'],
  ['ES', 'Spain'],
  ['GB', 'United Kingdom'],
]

export function writeAddressFields(chosen: string | null = null): string {
  const options = COUNTRIES.map(
    ([code, name]) => `<option value="${code}"${code === chosen ? ' selected' : ''}>${name}</option>`,
  ).join('')
  return `<label class="field">Country<select name="country">${options}</select></label>
<label class="field">State or region<input name="state" autocomplete="off"></label>
<label class="field">Postal code<input name="postal_code" autocomplete="off"></label>`
}
