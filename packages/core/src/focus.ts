import { DAY_MS } from './durations.ts'
import { formatUsd, pusd, type Pusd } from './money.ts'

/** Platform-funded usage of one key, model and price book on one UTC day, without and with what was corrected later. */
export interface UsageDay {
  /** `YYYY-MM-DD`. */
  readonly day: string
  readonly organizationId: string
  readonly organizationName: string
  /** `YYYY-MM`, of the invoice that bills it. */
  readonly invoiceMonth: string
  /** Null while that month is open. */
  readonly invoiceNumber: string | null
  /** Used in an earlier month than the one that bills it. */
  readonly isLate: boolean
  readonly teamId: string | null
  readonly teamName: string | null
  readonly memberName: string | null
  readonly keyId: string
  readonly keyName: string | null
  readonly modelId: string
  readonly provider: string
  readonly priceBookId: number
  readonly tokens: bigint
  readonly costPusd: Pusd
  readonly billedPusd: Pusd
  readonly correctedCostPusd: Pusd
  readonly correctedPusd: Pusd
}

/**
 * Columns of FOCUS 1.2 (https://focus.finops.org/focus-specification/v1-2/): all mandatory ones, those of its conditional and recommended ones that apply to us,
 * and two of our own, which its naming rule starts with `x_`. Unit prices are left out: a row sums several kinds of token, and no one price is its own.
 */
export const FOCUS_COLUMNS = [
  'BilledCost',
  'BillingAccountId',
  'BillingAccountName',
  'BillingAccountType',
  'BillingCurrency',
  'BillingPeriodEnd',
  'BillingPeriodStart',
  'ChargeCategory',
  'ChargeClass',
  'ChargeDescription',
  'ChargeFrequency',
  'ChargePeriodEnd',
  'ChargePeriodStart',
  'ConsumedQuantity',
  'ConsumedUnit',
  'ContractedCost',
  'EffectiveCost',
  'InvoiceId',
  'InvoiceIssuerName',
  'ListCost',
  'PricingCategory',
  'PricingCurrency',
  'PricingQuantity',
  'PricingUnit',
  'ProviderName',
  'PublisherName',
  'ResourceId',
  'ResourceName',
  'ResourceType',
  'ServiceCategory',
  'ServiceName',
  'ServiceSubcategory',
  'SkuId',
  'SkuMeter',
  'SubAccountId',
  'SubAccountName',
  'SubAccountType',
  'Tags',
  'x_AbsorbedCost',
  'x_PriceBook',
] as const

export type FocusRow = Readonly<Record<(typeof FOCUS_COLUMNS)[number], string | null>>

const instant = (atMs: number): string => `${new Date(atMs).toISOString().slice(0, 19)}Z`

const monthEnd = (month: string): string => {
  const [year, number] = month.split('-').map(Number)
  return instant(Date.UTC(year ?? 0, number ?? 1, 1))
}

const tagsOf = (day: UsageDay): string =>
  JSON.stringify(day.memberName === null ? {} : { 'atpar/member': day.memberName })

const common = (
  day: UsageDay,
): Omit<
  FocusRow,
  | 'BilledCost'
  | 'ContractedCost'
  | 'EffectiveCost'
  | 'ListCost'
  | 'x_AbsorbedCost'
  | 'ChargeClass'
  | 'ChargeDescription'
  | 'ConsumedQuantity'
  | 'PricingQuantity'
> => ({
  BillingAccountId: day.organizationId,
  BillingAccountName: day.organizationName,
  BillingAccountType: 'Organization',
  BillingCurrency: 'USD',
  BillingPeriodStart: `${day.invoiceMonth}-01T00:00:00Z`,
  BillingPeriodEnd: monthEnd(day.invoiceMonth),
  ChargeCategory: 'Usage',
  ChargeFrequency: 'Usage-Based',
  ChargePeriodStart: `${day.day}T00:00:00Z`,
  ChargePeriodEnd: instant(Date.parse(day.day) + DAY_MS),
  ConsumedUnit: 'Tokens',
  InvoiceId: day.invoiceNumber,
  InvoiceIssuerName: 'Atpar',
  PricingCategory: 'Standard',
  PricingCurrency: 'USD',
  PricingUnit: 'Tokens',
  ProviderName: 'Atpar',
  PublisherName: day.provider,
  ResourceId: day.keyId,
  ResourceName: day.keyName,
  ResourceType: 'API key',
  ServiceCategory: 'AI and Machine Learning',
  ServiceName: `${day.modelId} at ${day.provider}`,
  ServiceSubcategory: 'Generative AI',
  SkuId: `${day.provider}/${day.modelId}`,
  SkuMeter: 'Tokens',
  SubAccountId: day.teamId,
  SubAccountName: day.teamName,
  SubAccountType: day.teamId === null ? null : 'Team',
  Tags: tagsOf(day),
  x_PriceBook: day.priceBookId.toString(),
})

/** The usage of the day, and what was corrected of it as a charge of its own: one that FOCUS tells apart once its month was invoiced. */
export const toFocusRows = (day: UsageDay): readonly FocusRow[] => {
  const rows: FocusRow[] = []
  const isCorrected = day.correctedPusd !== 0n || day.correctedCostPusd !== 0n
  const add = (figures: { billed: Pusd; cost: Pusd; tokens: bigint; isCorrection: boolean }): void => {
    const billed = formatUsd(figures.billed)
    rows.push({
      ...common(day),
      BilledCost: billed,
      ContractedCost: billed,
      EffectiveCost: billed,
      // What the provider lists; what we bore of it ourselves was never charged.
      ListCost: formatUsd(figures.cost),
      x_AbsorbedCost: formatUsd(pusd(figures.cost - figures.billed)),
      ChargeClass: figures.isCorrection && day.isLate ? 'Correction' : null,
      ChargeDescription: `${day.modelId} at ${day.provider}, ${figures.isCorrection ? 'corrected to the list price' : 'tokens at list price'}`,
      ConsumedQuantity: figures.tokens.toString(),
      PricingQuantity: figures.tokens.toString(),
    })
  }
  if (!isCorrected || day.billedPusd !== 0n || day.costPusd !== 0n || day.tokens !== 0n)
    add({ billed: day.billedPusd, cost: day.costPusd, tokens: day.tokens, isCorrection: false })
  if (isCorrected) add({ billed: day.correctedPusd, cost: day.correctedCostPusd, tokens: 0n, isCorrection: true })
  return rows
}
