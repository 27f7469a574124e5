import { expect, test } from "vitest";
import { gramsOf, searchKeyOf } from "./search-key.ts";

test.for([
  ["Δήμος Αθηναίων", "dimos athineon"],
  ["ΔΗΜΟΣ ΑΘΗΝΑΙΩΝ", "dimos athineon"],
  ["Dimos Athinaion", "dimos athineon"],
  ["Dimos  Athineon.", "dimos athineon"],
  ["Περιφέρεια Κεντρικής Μακεδονίας", "periferia kentrikis makedonias"],
  ["Periphereia Kentrikhs", "periferia kentrihs"],
  ["Πανεπιστήμιο Ιωαννίνων", "panepistimio ioaninon"],
  ["Κοινότητα Άνω Πόρων", "kinotita ano poron"],
  ["Comune di Città di Castello", "comune di cita di castelo"],
  ["Администрация города", "administratsia goroda"],
  ["!!!", ""],
])("«%s» is looked for as «%s»", ([name = "", key]) => {
  expect(searchKeyOf(name)).toBe(key);
});

test("what was typed in either script has the same groups of letters", () => {
  expect(gramsOf(searchKeyOf("Δήμος"))).toEqual(gramsOf(searchKeyOf("dimos")));
  expect(gramsOf("ano ano")).toEqual([" an", "ano", "no "]);
  expect(gramsOf("a")).toEqual([" a "]);
  expect(gramsOf("")).toEqual([]);
});
