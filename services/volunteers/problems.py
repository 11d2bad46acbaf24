"""What the service refuses, in both languages."""

from services.chassis.http import ProblemType

PROBLEMS = (
    ProblemType("member-exists", 409, "已经登记", "Already registered",
                "您已经登记为志愿者，不能重复登记。", "You have registered as a member before."),
    ProblemType("unknown-place", 422, "没有这个区域", "Unknown place",
                "没有区域 {area_path}。如果刚刚导入，请过几秒再试；否则请核对路径。",
                "There is no place at {area_path}. If it was loaded a moment ago, try again in a few seconds; "
                "else look at the spelling."),
    ProblemType("own-approval", 403, "不能审批自己", "Own approval",
                "任何人都不能审批自己的登记。", "Nobody approves himself."),
    ProblemType("member-state", 409, "当前状态不允许", "Not in this state",
                "志愿者当前状态为 {state}，不能执行 {step}。", "The member is {state}; {step} is not possible."),
    ProblemType("not-a-member", 403, "不是志愿者", "Not a member",
                "请先登记为志愿者。", "Register as a member first."),
    ProblemType("member-not-active", 403, "尚不能认领", "Member not active",
                "您的志愿者状态为 {state}，须经社区批准后才能认领。",
                "Your membership is {state}; the community must approve it before you can claim."),
    ProblemType("offer-taken", 409, "已被认领", "Offer taken",
                "这个事项已被其他志愿者认领。", "Another member's claim has won this offer."),
    ProblemType("offer-closed", 409, "已不再开放认领", "Offer closed",
                "这个事项已不再开放认领（{reason}）。", "This ticket is no longer open to members ({reason})."),
    ProblemType("offer-does-not-fit", 403, "不符合认领条件", "Offer does not fit",
                "您登记的技能不符合要求，或这是您自己上报的、作为工作人员经办过的事项。",
                "You lack a skill that is asked for, or you reported it or handled it as staff."),
    ProblemType("gave-it-back", 409, "您已退回过这个事项", "Given back before",
                "您已认领并退回过这个事项，本轮不能再次认领，请留给其他志愿者。",
                "You claimed this ticket and gave it back; in this round it is left to other members."),
    ProblemType("too-many-claims", 409, "手头事项已满", "Too many in hand",
                "您手头已有 {in_hand} 件认领的事项，最多 {most} 件；办结或退回后可再认领。",
                "You have {in_hand} claimed tickets in hand, at most {most}: solve one, or give one back, first."),
    ProblemType("too-many-claims-today", 409, "一天内认领已满", "Too many claims in a day",
                "您在 24 小时内已认领 {most} 件，已达上限，请稍后再认领。",
                "You have claimed {most} tickets within 24 hours, as many as one may: claim again later."),
    ProblemType("claim-state", 409, "当前状态不允许", "Not in this state",
                "认领当前状态为 {state}，不能再撤回。", "The claim is {state} and can no longer be withdrawn."),
)  # fmt: skip
