import { BOOKING_API_TOKEN } from 'astro:env/server';

/** How a car is booked. Only whether the token is there leaves this module, never the token. */
export const bookingBy: 'internet' | 'telephone' = BOOKING_API_TOKEN ? 'internet' : 'telephone';
