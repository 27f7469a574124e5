import { describe, expect, test } from "vitest";
import { planFolders, printTarget } from "./plan-folders.ts";
import type { SourceFolder, SpecialUse } from "./source.ts";
import { useByName } from "./well-known-names.ts";

const folder = (path: string, use: SpecialUse | null = null): SourceFolder => ({
  key: path,
  levels: path.split("/"),
  use,
  isSubscribed: true,
});
const planned = (folders: readonly SourceFolder[], into = ""): [string, string | null][] =>
  planFolders(folders, into).map((one) => [
    one.folder.key,
    one.target === null ? null : printTarget(one.target),
  ]);

describe("where folders go", () => {
  test("what the server says counts before names, and each use is given once", () => {
    const folders = [folder("Sent"), folder("Posted", "sent"), folder("INBOX", "inbox"), folder("Cestino")];
    expect(planned(folders)).toEqual([
      ["INBOX", "INBOX"],
      ["Sent", "Sent"],
      ["Posted", "Sent"],
      ["Cestino", "Trash"],
    ]);
    // The one that only has the name is an ordinary folder: its path, no use.
    const plain = planFolders(folders, "").find((one) => one.folder.key === "Sent");
    expect(plain?.target).toEqual({ role: null, names: ["Sent"] });
  });

  test("below a folder with a use, and below none", () => {
    expect(planned([folder("Gesendet"), folder("Gesendet/2020/Mai"), folder("Work/Sent")])).toEqual([
      ["Gesendet", "Sent"],
      ["Gesendet/2020/Mai", "Sent/2020/Mai"],
      ["Work/Sent", "Work/Sent"],
    ]);
  });

  test("views of other folders go nowhere, all mail comes last", () => {
    const folders = [
      folder("[Gmail]/All Mail", "all"),
      folder("[Gmail]/Starred", "flagged"),
      folder("INBOX", "inbox"),
    ];
    expect(planned(folders)).toEqual([
      ["INBOX", "INBOX"],
      ["[Gmail]/Starred", null],
      ["[Gmail]/All Mail", "Archive"],
    ]);
  });

  test("below one folder here nothing has a use", () => {
    expect(planned([folder("INBOX", "inbox"), folder("Sent", "sent")], "Old/2024")).toEqual([
      ["INBOX", "Old/2024/INBOX"],
      ["Sent", "Old/2024/Sent"],
    ]);
  });

  test("names that can't be stored become some that can", () => {
    const deep = Array.from({ length: 30 }, (_, i) => `l${i}`).join("/");
    const [[, bad], [, long], [, levels]] = [
      planned([folder("a\u0000b\n")])[0] ?? [],
      planned([folder("x".repeat(400))])[0] ?? [],
      planned([folder(deep)])[0] ?? [],
    ];
    expect(bad).toBe("a b");
    expect(long).toHaveLength(255);
    expect(levels?.split("/").length).toBe(18);
  });
});

test("folders are known by their names in many languages, whatever their case and accents", () => {
  for (const [name, use] of [
    ["Απεσταλμενα", "sent"],
    ["ΠΡΟΧΕΙΡΑ", "drafts"],
    ["Posta indesiderata", "junk"],
    ["Elementos enviados", "sent"],
    ["Корзина", "trash"],
    ["Éléments envoyés", "sent"],
    ["Gelöschte Elemente", "trash"],
    ["inbox", "inbox"],
    ["Archiv", "archive"],
    ["Projects", null],
  ] as const)
    expect([name, useByName(name)]).toEqual([name, use]);
});
