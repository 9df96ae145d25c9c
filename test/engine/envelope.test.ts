import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import {
  heartbeatTexts,
  packAlert,
  packHeartbeat,
  packLogin,
  packToolResult,
  packUserMessage,
  timeFormat,
  unpack,
} from '../../src/engine/envelope.js';

const at = Date.UTC(2024, 3, 12, 19, 3, 11);

describe('the time in an envelope', () => {
  it('is a 12-hour wall clock with the zone and its offset', () => {
    expect(timeFormat('UTC')(at)).toBe('2024-04-12 07:03:11 PM UTC+0000');
    expect(timeFormat('Europe/Berlin')(at)).toBe('2024-04-12 09:03:11 PM CEST+0200');
    expect(timeFormat('America/New_York')(at)).toBe('2024-04-12 03:03:11 PM EDT-0400');
    expect(timeFormat('Asia/Kolkata')(at)).toBe('2024-04-13 12:33:11 AM GMT+0530');
  });

  it('says 12 and not 0 at noon and at midnight', () => {
    expect(timeFormat('UTC')(Date.UTC(2024, 0, 1, 0, 5, 0))).toBe('2024-01-01 12:05:00 AM UTC+0000');
    expect(timeFormat('UTC')(Date.UTC(2024, 0, 1, 12, 5, 0))).toBe('2024-01-01 12:05:00 PM UTC+0000');
  });

  it('follows the change to winter time', () => {
    const berlin = timeFormat('Europe/Berlin');
    expect(berlin(Date.UTC(2024, 9, 27, 0, 30))).toBe('2024-10-27 02:30:00 AM CEST+0200');
    expect(berlin(Date.UTC(2024, 9, 27, 1, 30))).toBe('2024-10-27 02:30:00 AM CET+0100');
  });

  it('is UTC where the zone is unknown', () => {
    expect(timeFormat('Nowhere/Land')(at)).toBe('2024-04-12 07:03:11 PM UTC+0000');
  });
});

describe('an envelope', () => {
  it('has the members that old clients read', () => {
    const time = '2024-04-12 07:03:11 PM UTC+0000';
    expect(JSON.parse(packUserMessage('hi', at))).toEqual({ type: 'user_message', message: 'hi', time });
    expect(JSON.parse(packUserMessage('hi', at, { name: 'Ada' }))).toMatchObject({ name: 'Ada' });
    expect(JSON.parse(packAlert('full', at))).toEqual({ type: 'system_alert', message: 'full', time });
    expect(JSON.parse(packHeartbeat('failed', at))).toEqual({
      type: 'heartbeat',
      reason: heartbeatTexts.failed,
      time,
    });
    expect(Object.keys(JSON.parse(packLogin(at)) as object)).toEqual(['type', 'last_login', 'time']);
    expect(JSON.parse(packToolResult({ output: 'x', failed: true }, at))).toEqual({
      status: 'Failed',
      message: 'x',
      time,
    });
  });

  it('shows the time of the zone it is given', () => {
    expect(packAlert('x', at, timeFormat('Asia/Tokyo'))).toContain('2024-04-13 04:03:11 AM GMT+0900');
  });

  it('of an alert is never packed twice', () => {
    const packed = packAlert('nearly full', at);
    expect(packAlert(packed, at + 1)).toBe(packed);
    expect(packUserMessage(packed, at + 1)).toBe(packed);
  });

  it('keeps any text of a user or a tool exactly', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.boolean(), (text, failed) => {
        fc.pre(unpack(text) === null);
        expect(unpack(packUserMessage(text, at))).toMatchObject({ type: 'user_message', message: text });
        expect(unpack(packToolResult({ output: text, failed }, at))).toMatchObject({
          type: 'tool_result',
          message: text,
          failed,
        });
      }),
    );
  });

  it('of a heartbeat begins with a marker that no user wrote', () => {
    for (const reason of ['requested', 'failed', 'continued'] as const) {
      expect(unpack(packHeartbeat(reason, at))?.message).toMatch(/^\[Automatic signal, invisible to the user\] /);
    }
  });

  it('with raw line breaks or an object for a message is still read', () => {
    expect(unpack('{"type": "user_message", "message": "one\ntwo", "time": "t"}')).toMatchObject({
      message: 'one\ntwo',
      time: 't',
    });
    expect(unpack('{"status": "OK", "message": {"a": 1}}')).toMatchObject({ message: '{"a":1}', failed: false });
  });

  it('is not seen in text that merely looks like JSON', () => {
    for (const text of ['', 'hello', '{}', '{"type":"other","message":"x"}', '[1]', '{"status":"open"}', '{"type":']) {
      expect(unpack(text), text).toBeNull();
    }
  });
});
