//! The ten statuses of the national list, and what groups them.

crate::codes! {
    /// Trạng thái hồ sơ: the national list and nothing else, so that exchange needs no
    /// interpretation.
    pub enum Status {
        /// 1: Mới đăng ký.
        Registered => "registered", "Mới đăng ký", "Registered",
        /// 2: Được tiếp nhận.
        Accepted => "accepted", "Được tiếp nhận", "Accepted",
        /// 3: Không được tiếp nhận.
        NotAccepted => "not_accepted", "Không được tiếp nhận", "Not accepted",
        /// 4: Đang xử lý.
        Processing => "processing", "Đang xử lý", "Processing",
        /// 5: Yêu cầu bổ sung giấy tờ.
        SupplementRequested => "supplement_requested", "Yêu cầu bổ sung giấy tờ", "Supplement requested",
        /// 6: Yêu cầu thực hiện nghĩa vụ tài chính.
        PaymentRequested => "payment_requested", "Yêu cầu thực hiện nghĩa vụ tài chính", "Payment requested",
        /// 7: Công dân yêu cầu rút hồ sơ.
        Withdrawn => "withdrawn", "Công dân yêu cầu rút hồ sơ", "Withdrawn",
        /// 8: Dừng xử lý.
        Stopped => "stopped", "Dừng xử lý", "Stopped",
        /// 9: Đã xử lý xong.
        Completed => "completed", "Đã xử lý xong", "Completed",
        /// 10: Đã trả kết quả.
        Returned => "returned", "Đã trả kết quả", "Result returned",
    }
}

impl Status {
    /// Statuses that nothing leads out of.
    pub const FINAL: &'static [Self] = &[Self::NotAccepted, Self::Withdrawn, Self::Stopped, Self::Returned];

    /// Statuses in which the clock waits for the applicant.
    pub const PAUSED: &'static [Self] = &[Self::SupplementRequested, Self::PaymentRequested];

    /// The number of the national list, 1 to 10.
    pub fn number(self) -> u8 {
        match self {
            Self::Registered => 1,
            Self::Accepted => 2,
            Self::NotAccepted => 3,
            Self::Processing => 4,
            Self::SupplementRequested => 5,
            Self::PaymentRequested => 6,
            Self::Withdrawn => 7,
            Self::Stopped => 8,
            Self::Completed => 9,
            Self::Returned => 10,
        }
    }

    /// The status with this number of the national list.
    pub fn from_number(number: u8) -> Option<Self> {
        <Self as crate::code::Code>::ALL.iter().copied().find(|s| s.number() == number)
    }

    /// Whether nothing leads out of it.
    pub fn is_final(self) -> bool {
        Self::FINAL.contains(&self)
    }

    /// What it means for whoever waits.
    pub fn group(self) -> StatusGroup {
        if self.is_final() {
            StatusGroup::Final
        } else if Self::PAUSED.contains(&self) {
            StatusGroup::Paused
        } else {
            StatusGroup::Open
        }
    }
}

crate::codes! {
    /// Nhóm trạng thái: whose turn it is.
    pub enum StatusGroup {
        /// Đang giải quyết: the department's turn.
        Open => "open", "Đang giải quyết", "Open",
        /// Tạm dừng: the applicant's turn.
        Paused => "paused", "Chờ người nộp", "Waiting for the applicant",
        /// Kết thúc: nobody's.
        Final => "final", "Kết thúc", "Final",
    }
}

crate::codes! {
    /// Kết quả giải quyết.
    pub enum Outcome {
        /// Đủ điều kiện, được giải quyết.
        Approved => "approved", "Đủ điều kiện", "Approved",
        /// Không đủ điều kiện, từ chối giải quyết.
        Rejected => "rejected", "Không đủ điều kiện", "Rejected",
    }
}

crate::codes! {
    /// Whether the time limit of a dossier runs.
    pub enum Clock {
        /// Before acceptance.
        NotStarted => "not_started", "Chưa tính", "Not started",
        /// Working time counts.
        Running => "running", "Đang tính", "Running",
        /// Waiting for the applicant.
        Paused => "paused", "Tạm dừng", "Paused",
        /// Ended by a decision, a withdrawal or a stop.
        Stopped => "stopped", "Đã dừng", "Stopped",
    }
}
