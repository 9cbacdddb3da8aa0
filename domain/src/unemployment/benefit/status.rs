//! The closed codes of a benefit's life.

crate::codes! {
    /// Tình trạng hưởng.
    pub enum BenefitStatus {
        /// Đang hưởng, từ khi có quyết định.
        Granted => "granted", "Đang hưởng", "Granted and drawn",
        /// Tạm dừng hưởng.
        Suspended => "suspended", "Tạm dừng hưởng", "Suspended",
        /// Chấm dứt hưởng.
        Ended => "ended", "Chấm dứt hưởng", "Ended",
        /// Đã chuyển nơi hưởng đến tỉnh khác.
        Transferred => "transferred", "Đã chuyển nơi hưởng", "Transferred to another province",
        /// Hủy quyết định hưởng.
        Cancelled => "cancelled", "Hủy quyết định hưởng", "Decision cancelled",
    }
}

impl BenefitStatus {
    /// Whether it still runs.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Granted | Self::Suspended)
    }
}

crate::codes! {
    /// Tình trạng của một tháng hưởng.
    pub enum MonthState {
        /// Đã chi trả ở nơi khác.
        Elsewhere => "elsewhere", "Đã hưởng tại tỉnh khác", "Drawn in another province",
        /// Chưa tới.
        Upcoming => "upcoming", "Chưa tới", "Still to come",
        /// Trong thời hạn thông báo.
        DeclarationDue => "declaration_due", "Đang trong thời hạn thông báo", "To be declared for now",
        /// Quá thời hạn mà chưa thông báo.
        Missed => "missed", "Không thông báo đúng hạn", "Not declared for in time",
        /// Đã thông báo, chưa tới hạn chi trả.
        Declared => "declared", "Đã thông báo, chờ đến hạn chi trả", "Declared for, not yet to be paid",
        /// Được chi trả.
        Payable => "payable", "Được chi trả", "To be paid",
        /// Đã chi trả.
        Paid => "paid", "Đã chi trả", "Paid",
        /// Đang tạm dừng.
        Suspended => "suspended", "Đang tạm dừng", "Suspended",
        /// Không được hưởng do tạm dừng.
        Lost => "lost", "Không được hưởng do tạm dừng", "Lost to suspension",
        /// Sau khi chấm dứt.
        CutOff => "cut_off", "Sau khi chấm dứt hưởng", "After the end",
        /// Đã chi trả nhưng không được hưởng.
        Overpaid => "overpaid", "Đã chi trả sai, phải thu hồi", "Paid wrongly",
    }
}

crate::codes! {
    /// What stands in the way of an action that the status would allow.
    pub enum BenefitBlocker {
        /// Không có tháng nào quá hạn thông báo.
        NothingMissed => "nothing_missed", "Không có tháng nào quá hạn mà chưa thông báo.",
            "No month has passed its days to declare without a declaration.",
        /// Chưa có thông báo kể từ khi tạm dừng.
        DeclarationMissing => "declaration_missing",
            "Chưa có thông báo tìm kiếm việc làm của tháng nào kể từ khi tạm dừng.",
            "No month since the suspension was declared for.",
        /// Hết thời gian hưởng.
        NoMonthsLeft => "no_months_left", "Không còn thời gian hưởng.", "No benefit month is left.",
        /// Chưa hết thời hạn hưởng.
        PeriodNotOver => "period_not_over", "Chưa hết thời hạn hưởng.", "The period is not over yet.",
        /// Chưa đủ số tháng liên tục không thông báo.
        NotSilentLongEnough => "not_silent_long_enough",
            "Chưa đủ số tháng liên tục không thông báo theo luật.",
            "Not as many consecutive months without declaration as the law wants.",
        /// Chưa đủ số lần từ chối việc làm.
        TooFewRefusals => "too_few_refusals", "Chưa đủ số lần từ chối việc làm theo luật.",
            "Not as many refusals as the law wants.",
        /// Đã chi trả.
        AlreadyPaid => "already_paid", "Tháng này đã được chi trả.", "It has been paid already.",
        /// Chưa được chi trả.
        NotPayable => "not_payable", "Tháng này chưa hoặc không được chi trả.",
            "The month is not, or not yet, to be paid.",
        /// Chưa hết thời hạn nhận quyết định.
        PickUpOpen => "pick_up_open", "Chưa hết thời hạn nhận quyết định.",
            "The days to pick the decision up are not over.",
        /// Chưa hưởng đủ số tháng để chuyển.
        NotDrawnLongEnough => "not_drawn_long_enough",
            "Chưa hưởng đủ số tháng theo luật để chuyển nơi hưởng.",
            "Not drawn as many months as the law wants before a transfer.",
        /// Không có lần miễn thông báo nào còn hiệu lực.
        NothingExempt => "nothing_exempt", "Không có lần miễn thông báo nào để thu hồi.",
            "There is no exemption that could be withdrawn.",
        /// Không có tháng chi trả sai.
        NothingOverpaid => "nothing_overpaid", "Không có tháng nào chi trả sai chưa thu hồi.",
            "No month was paid wrongly that is not demanded back already.",
        /// Không có khoản phải thu hồi.
        NothingOwed => "nothing_owed", "Không còn khoản phải thu hồi.", "Nothing is owed.",
    }
}
