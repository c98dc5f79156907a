/** For tests of what is paid through Stripe: a Stripe of one's own. */
export { StripeDouble, type Truth } from './double.ts';
export { serveDouble, signed, type DoubleServer } from './server.ts';
