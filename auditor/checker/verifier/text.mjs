// Bytes and text: UTF-8, base64 and hexadecimal, each with one spelling (section 1).

import { demand } from './refusal.mjs';

const STANDARD = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const SEXTETS = new Map([...STANDARD].map((letter, value) => [letter, value]));
const encoder = new TextEncoder();

export const utf8 = (text) => encoder.encode(text);

/** The text of bytes that are UTF-8 without a byte order mark. */
export function fromUtf8(bytes, grade) {
  const marked = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  demand(!marked, grade, 'a byte order mark');
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return demand(false, grade, 'not UTF-8');
  }
}

/** Decode padded base64 in the standard or the URL-safe alphabet, not a mix; unused bits are zero. */
export function fromBase64(text, grade) {
  const shape = /^[A-Za-z0-9+/]*={0,2}$|^[A-Za-z0-9_-]*={0,2}$/;
  demand(text.length % 4 === 0 && shape.test(text), grade, 'not padded base64 of one alphabet');
  const letters = text.replace(/=+$/, '').replaceAll('-', '+').replaceAll('_', '/');
  const bytes = new Uint8Array(Math.floor((letters.length * 3) / 4));
  let held = 0;
  let bits = 0;
  let at = 0;
  for (const letter of letters) {
    held = ((held << 6) | SEXTETS.get(letter)) & 0xfff;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes[at++] = held >> bits;
      held &= (1 << bits) - 1;
    }
  }
  demand(held === 0, grade, 'base64 with bits that no byte uses');
  return bytes;
}

export function toBase64(bytes) {
  let text = '';
  for (let i = 0; i < bytes.length; i += 3) {
    const word = (bytes[i] << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    for (let j = 0; j < 4; j++) {
      text += i + j > bytes.length ? '=' : STANDARD[(word >> (18 - 6 * j)) & 63];
    }
  }
  return text;
}

const DIGITS = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

export const toHex = (bytes) => Array.from(bytes, (byte) => DIGITS[byte]).join('');

export const fromHex = (text) =>
  Uint8Array.from({ length: text.length / 2 }, (_, i) => parseInt(text.slice(2 * i, 2 * i + 2), 16));

export function concatenate(...parts) {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

export const sameBytes = (a, b) => a.length === b.length && a.every((byte, i) => byte === b[i]);
