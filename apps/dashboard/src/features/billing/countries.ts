const CODES =
  'AD AE AR AT AU BE BG BH BO BR CA CH CL CN CO CR CY CZ DE DK DO EC EE EG ES FI FR GB GE GR HK HR HU ID IE IL IN IS IT JP KE KR KZ LI LT LU LV MA MD MT MX MY NG NL NO NZ OM PE PH PL PT RO RS SA SE SG SI SK TH TR TW UA US UY VN ZA'

export interface Country {
  readonly code: string
  readonly name: string
}

/** Where customers can be billed, by name. For the server alone: a browser may call a country otherwise, and the page it was sent would not be the one it makes. */
export const listCountries = (): readonly Country[] => {
  const names = new Intl.DisplayNames('en', { type: 'region' })
  return CODES.split(' ')
    .map((code) => ({ code, name: names.of(code) ?? code }))
    .toSorted((one, other) => one.name.localeCompare(other.name, 'en'))
}

/** Kinds of tax ids, in Stripe's words. */
export const TAX_ID_KINDS: readonly { readonly kind: string; readonly name: string }[] = [
  { kind: 'eu_vat', name: 'EU VAT number' },
  { kind: 'gb_vat', name: 'UK VAT number' },
  { kind: 'ch_vat', name: 'Swiss VAT number' },
  { kind: 'no_vat', name: 'Norwegian VAT number' },
  { kind: 'us_ein', name: 'US EIN' },
  { kind: 'ca_bn', name: 'Canadian business number' },
  { kind: 'au_abn', name: 'Australian ABN' },
  { kind: 'nz_gst', name: 'New Zealand GST number' },
  { kind: 'in_gst', name: 'Indian GSTIN' },
  { kind: 'jp_cn', name: 'Japanese corporate number' },
  { kind: 'sg_uen', name: 'Singaporean UEN' },
  { kind: 'br_cnpj', name: 'Brazilian CNPJ' },
]
