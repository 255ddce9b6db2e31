import { createHash } from 'node:crypto'

/** What happens to a card when it is used. */
export interface CardBehaviour {
  brand: string
  country: string
  funding: 'credit' | 'debit'
  /** Refused when it is saved. */
  saveDecline?: Decline
  /** Refused when it is charged. */
  chargeDecline?: Decline
  /** `unless_set_up`: its owner is asked unless they agreed before; `always`: they are asked every time. */
  authentication?: 'unless_set_up' | 'always'
  /** Its owner disputes every charge. */
  dispute?: 'fraudulent' | 'product_not_received'
  /** Refunds seem to succeed and fail afterwards. */
  isRefundFailing?: boolean
  riskLevel?: 'elevated' | 'highest'
}

export interface Decline {
  code: string
  declineCode?: string
  message: string
  /** The bank will never accept this card; automatic retries wait for another one. */
  isHard?: boolean
}

const GENERIC: Decline = { code: 'card_declined', declineCode: 'generic_decline', message: 'Your card was declined.' }

const declined = (declineCode: string, message: string, isHard = false): Decline => ({
  code: 'card_declined',
  declineCode,
  message,
  isHard,
})

const VISA = { brand: 'visa', country: 'US', funding: 'credit' } as const

/** Stripe's published test numbers: https://docs.stripe.com/testing */
const CARDS: Readonly<Record<string, CardBehaviour>> = {
  '4242424242424242': VISA,
  '4000056655665556': { ...VISA, funding: 'debit' },
  '5555555555554444': { brand: 'mastercard', country: 'US', funding: 'credit' },
  '378282246310005': { brand: 'amex', country: 'US', funding: 'credit' },
  '6011111111111117': { brand: 'discover', country: 'US', funding: 'credit' },
  '4000002760000016': { ...VISA, country: 'DE' },
  '4000000000000002': { ...VISA, saveDecline: GENERIC, chargeDecline: GENERIC },
  '4000000000009995': withDecline(declined('insufficient_funds', 'Your card has insufficient funds.')),
  '4000000000009987': withDecline(declined('lost_card', 'Your card was declined.', true)),
  '4000000000009979': withDecline(declined('stolen_card', 'Your card was declined.', true)),
  '4000000000000069': withDecline({ code: 'expired_card', message: 'Your card has expired.' }),
  '4000000000000127': withDecline({ code: 'incorrect_cvc', message: "Your card's security code is incorrect." }),
  '4000000000000119': withDecline({
    code: 'processing_error',
    message: 'An error occurred while processing your card. Try again in a little bit.',
  }),
  '4000000000000341': { ...VISA, chargeDecline: GENERIC },
  '4000002500003155': { ...VISA, authentication: 'unless_set_up' },
  '4000002760003184': { ...VISA, authentication: 'always' },
  '4000000000003220': { ...VISA, authentication: 'always' },
  '4000000000000259': { ...VISA, dispute: 'fraudulent' },
  '4000000000002685': { ...VISA, dispute: 'product_not_received' },
  '4000000000005126': { ...VISA, isRefundFailing: true },
  '4000000000009235': { ...VISA, riskLevel: 'elevated' },
  '4100000000000019': {
    ...VISA,
    riskLevel: 'highest',
    chargeDecline: { code: 'card_declined', declineCode: 'fraudulent', message: 'Your card was declined.' },
  },
}

function withDecline(decline: Decline): CardBehaviour {
  return { ...VISA, saveDecline: decline, chargeDecline: decline }
}

/** The payment methods every test account has, by the name Stripe's documentation gives them. */
const TEST_METHODS: Readonly<Record<string, string>> = {
  pm_card_visa: '4242424242424242',
  pm_card_visa_debit: '4000056655665556',
  pm_card_mastercard: '5555555555554444',
  pm_card_amex: '378282246310005',
  pm_card_discover: '6011111111111117',
  pm_card_de: '4000002760000016',
  pm_card_chargeDeclined: '4000000000000002',
  pm_card_visa_chargeDeclined: '4000000000000002',
  pm_card_chargeDeclinedInsufficientFunds: '4000000000009995',
  pm_card_visa_chargeDeclinedInsufficientFunds: '4000000000009995',
  pm_card_visa_chargeDeclinedLostCard: '4000000000009987',
  pm_card_visa_chargeDeclinedStolenCard: '4000000000009979',
  pm_card_chargeDeclinedExpiredCard: '4000000000000069',
  pm_card_chargeDeclinedIncorrectCvc: '4000000000000127',
  pm_card_chargeDeclinedProcessingError: '4000000000000119',
  pm_card_chargeCustomerFail: '4000000000000341',
  pm_card_authenticationRequiredOnSetup: '4000002500003155',
  pm_card_authenticationRequired: '4000002760003184',
  pm_card_threeDSecure2Required: '4000000000003220',
  pm_card_createDispute: '4000000000000259',
  pm_card_createDisputeProductNotReceived: '4000000000002685',
  pm_card_refundFail: '4000000000005126',
  pm_card_riskLevelElevated: '4000000000009235',
  pm_card_radarBlock: '4100000000000019',
}

export function numberOfTestMethod(id: string): string | undefined {
  return TEST_METHODS[id]
}

/** Undefined for numbers Stripe's test mode does not take. */
export function findCard(number: string): CardBehaviour | undefined {
  return CARDS[number]
}

/** The same card gives the same fingerprint, whoever saves it. */
export function fingerprintOf(number: string): string {
  return createHash('sha256').update(`atpar-simulated-card ${number}`).digest('base64url').slice(0, 16)
}

/** For the hosted page: what a person can try there. */
export const OFFERED_CARDS: readonly { number: string; says: string }[] = [
  { number: '4242424242424242', says: 'Works' },
  { number: '5555555555554444', says: 'Works, Mastercard' },
  { number: '4000000000000341', says: 'Can be saved, every charge is declined' },
  { number: '4000000000000002', says: 'Declined' },
  { number: '4000000000009995', says: 'Insufficient funds' },
  { number: '4000002500003155', says: 'Asks its owner, then works' },
  { number: '4000002760003184', says: 'Asks its owner every time' },
  { number: '4000000000000259', says: 'Works, and its owner disputes the charge' },
  { number: '4000000000005126', says: 'Works, refunds fail' },
  { number: '4100000000000019', says: 'Blocked as fraud' },
]
