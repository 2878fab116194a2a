"""Synthetic names, and the ways other offices spell them."""

from random import Random

_SURNAMES = (*"王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗高", "欧阳", "诸葛")
_GIVEN_FIRST = "秀秀桂玉桂建建志国春红冬德福满菊金长水月运喜正国玉淑淑凤桂小"
_GIVEN_SECOND = "英兰英兰兰国华强庆梅梅生才生香英莲庚生娥生来德柱梅珍华英珍红"
_LONG_GIVEN = tuple(first + second for first, second in zip(_GIVEN_FIRST, _GIVEN_SECOND, strict=True))
_SHORT_GIVEN = tuple("伟芳娜敏静丽强磊军洋勇艳杰娟涛明超霞平刚")
_RARE = ("䶮", "㛃", "𬭎", "𫖯", "喆", "淼", "甪", "邨", "𠅤")
_MINORITY = (
    "阿依古丽·买买提",
    "麦麦提·艾力",
    "巴图·孟克",
    "扎西·多吉",
    "卓玛·央金",
    "吉克·阿依",
    "热依汗·吐尔逊",
    "沙马·拉且",
)
_GIVEN_WEIGHTS = (30, 65, 1.25, 2)
_DOTS = "·•‧・．"
_ALIKE = {"英": "瑛", "兰": "蓝", "梅": "玫", "华": "桦", "国": "囯", "珍": "贞", "生": "升", "芳": "方"}


def new_name(rng: Random) -> str:
    """Return a synthetic name; one in fifty is a minority name, one in eighty holds a rare character."""
    (given,) = rng.choices((_SHORT_GIVEN, _LONG_GIVEN, _RARE, ()), _GIVEN_WEIGHTS)
    return rng.choice(_SURNAMES) + rng.choice(given) if given else rng.choice(_MINORITY)


def variant(rng: Random, name: str) -> str:
    """Return a spelling that normalises to the same name: another middle dot, stray spaces, full width."""
    if "·" in name:
        return name.replace("·", rng.choice(_DOTS[1:]))
    return rng.choice((f"{name[0]} {name[1:]}", f"{name} ", f"{name[0]}\u3000{name[1:]}"))


def misspelt(rng: Random, name: str) -> str:
    """Return a different name that a tired clerk might have typed for this one."""
    for place, character in enumerate(name[1:], start=1):
        if character in _ALIKE:
            return name[:place] + _ALIKE[character] + name[place + 1 :]
    return name + rng.choice("儿子生")
