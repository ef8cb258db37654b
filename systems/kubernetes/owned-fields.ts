import { fieldManager } from './api.js';
import type { ManagedObject } from './objects.js';

type Fields = Record<string, unknown>;
type Json = unknown;

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Picks the parts of a value that a FieldsV1 tree names: f:NAME is a field, k:{…} a list's item by its keys, "." the whole. */
function pick(value: Json, fields: Fields): Json {
  const children = Object.entries(fields).filter(([key]) => key !== '.');
  if (children.length === 0) return value;
  if (Array.isArray(value)) {
    return children.flatMap(([key, inner]) => {
      if (!key.startsWith('k:')) return [];
      const keys = JSON.parse(key.slice(2)) as Record<string, unknown>;
      const item = value.find(
        (each) => isRecord(each) && Object.entries(keys).every(([name, wanted]) => each[name] === wanted),
      ) as Json;
      return item === undefined ? [] : [{ ...keys, ...(pick(item, inner as Fields) as object) }];
    });
  }
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    children.flatMap(([key, inner]) => {
      const name = key.slice(2);
      return key.startsWith('f:') && name in value ? [[name, pick(value[name], inner as Fields)]] : [];
    }),
  );
}

/**
 * What we own of an object. A server-side apply that leaves out a field we own would delete it, so each apply starts from these.
 * @see https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management
 */
export function ownedFields(object: ManagedObject): Record<string, unknown> {
  const entry = object.metadata.managedFields?.find(
    ({ manager, operation }) => manager === fieldManager && operation === 'Apply',
  );
  return entry ? (pick(object, entry.fieldsV1 as Fields) as Record<string, unknown>) : {};
}

/** Lays one object over another; lists of named items are merged by name, other lists are replaced. */
export function overlay(under: Json, over: Json): Json {
  if (isRecord(under) && isRecord(over)) {
    const merged = { ...under };
    for (const [key, value] of Object.entries(over)) merged[key] = key in under ? overlay(under[key], value) : value;
    return merged;
  }
  const named = (list: unknown): list is Array<{ name: string }> =>
    Array.isArray(list) && list.length > 0 && list.every((each) => isRecord(each) && typeof each['name'] === 'string');
  if (named(under) && named(over)) {
    const replaced = under.map((item) => {
      const match = over.find(({ name }) => name === item.name);
      return match ? overlay(item, match) : item;
    });
    return [...replaced, ...over.filter(({ name }) => !under.some((item) => item.name === name))];
  }
  return over;
}
